package trace

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"lockstep/harness/steer"
)

// pack makes little of the events of a run.
func pack(events []steer.Event) []byte {
	var plain []byte
	for _, e := range events {
		for _, n := range []uint64{uint64(e.Goroutine), uint64(e.Nth), uint64(e.Kind), uint64(e.Others), e.A, e.B} {
			plain = binary.AppendUvarint(plain, n)
		}
	}
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err) // a level that there is, and memory to write to
	}
	return packed.Bytes()
}

// maxEvents bounds what is unpacked.
const maxEvents = 1 << 17

func unpack(packed []byte) ([]steer.Event, error) {
	const most = maxEvents * 6 * binary.MaxVarintLen64
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), most))
	if err != nil {
		return nil, fmt.Errorf("its events cannot be read: %w", err)
	}
	var events []steer.Event
	for len(plain) > 0 {
		var n [6]uint64
		for i := range n {
			v, size := binary.Uvarint(plain)
			if size <= 0 {
				return nil, errors.New("its events break off")
			}
			n[i], plain = v, plain[size:]
		}
		if len(events) == maxEvents {
			return nil, errors.New("it has too many events")
		}
		events = append(events, steer.Event{Goroutine: uint32(n[0]), Nth: uint32(n[1]), Kind: steer.Kind(n[2]), Others: uint32(n[3]), A: n[4], B: n[5]})
	}
	return events, nil
}

// A Departure is where another run of the same schedule parted from a trace's.
type Departure struct {
	Event int    // counted from 1
	Step  int    // the last step of the trace that both have, counted from 1; 0 if they part before the first
	Was   string // what the trace's run did there
	Is    string // what the other did
}

// String says where that was.
func (d *Departure) String() string {
	return fmt.Sprintf("behind step %d of the trace, in event %d of its recording: there %s, here %s", d.Step, d.Event, d.Was, d.Is)
}

// Compare tells where a run parts from the trace's first one; nil if nowhere.
func (t *Trace) Compare(again steer.Run) (*Departure, error) {
	events, err := unpack(t.Replay.Events)
	if err != nil {
		return nil, err
	}
	was := steer.Run{Events: events}
	at, same := steer.Same(was, again)
	if same {
		return nil, nil
	}
	h, err := read(t.Submission(), was.Events, nil)
	if err != nil {
		return nil, err
	}
	d := &Departure{Event: at + 1, Was: h.words(was.Events, at), Is: h.words(again.Events, at)}
	for i, s := range t.Runs[0].Steps {
		if s.Event <= at {
			d.Step = i + 1
		}
	}
	return d, nil
}
