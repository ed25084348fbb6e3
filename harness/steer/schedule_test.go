package steer_test

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/steer"
)

func TestSwitchesAreText(t *testing.T) {
	s := steer.Schedule{Seed: 7, Switches: []steer.Switch{{Goroutine: 0x8000abcd, Point: 12, To: 1}, {Goroutine: 1, Point: 3, Rank: 2}}}
	text, err := json.Marshal(s)
	require.NoError(t, err)
	assert.Equal(t, `{"seed":7,"switches":["8000abcd.12\u003e00000001","00000001.3#2"]}`, string(text))
	var again steer.Schedule
	require.NoError(t, json.Unmarshal(text, &again))
	assert.Equal(t, s, again)
}

func TestABadSwitchIsRefused(t *testing.T) {
	for _, text := range []string{"", "1", "1.2", "x.2>3", "1.x>3", "1.2>x", "1.2#0", "1.2#-1", "123456789.1>2", "1.2>3>4"} {
		err := new(steer.Switch).UnmarshalText([]byte(text))
		assert.ErrorContains(t, err, "is no switch of a schedule", text)
	}
}

// plain is a run in which somebody else could have run at three points, and once when a goroutine blocked.
var plain = steer.Run{Steps: 10, Events: []steer.Event{
	{Goroutine: 1, Kind: steer.Starts, A: 2},
	{Goroutine: 1, Nth: 1, Kind: steer.Statement},
	{Goroutine: 1, Kind: steer.Local},
	{Goroutine: 1, Nth: 2, Kind: steer.Statement, Others: 2},
	{Goroutine: 1, Nth: 3, Kind: steer.Lock, Others: 1},
	{Goroutine: 1, Nth: 4, Kind: steer.Blocks, Others: 1},
	{Goroutine: 2, Kind: steer.Runs, Others: 1},
}}

func handedOut(e *steer.Explorer) (all []steer.Schedule) {
	for s, ok := e.Next(steer.Run{}); ok; s, ok = e.Next(plain) {
		all = append(all, s)
	}
	return all
}

func TestAllWithOneSwitchAreTriedIfThereIsTime(t *testing.T) {
	e := steer.Explorer{Plan: steer.Plan{Singles: 5, Random: 2}}
	all := handedOut(&e)
	require.Len(t, all, 1+5+2)
	assert.Equal(t, steer.Schedule{Seed: 1}, all[0])
	var switches []steer.Switch
	for _, s := range all[1:6] {
		switches = append(switches, s.Switches...)
	}
	assert.Equal(t, []steer.Switch{{1, 2, 0, 1}, {1, 2, 0, 2}, {1, 3, 0, 1}, {1, 4, 0, 1}, {1, 4, 0, 2}}, switches)
	tried, complete := e.Tried()
	assert.Equal(t, 8, tried)
	assert.True(t, complete)
	assert.NotEqual(t, all[6], all[7])
}

func TestTheBudgetIsKept(t *testing.T) {
	e := steer.Explorer{Plan: steer.Plan{Singles: 100, Random: 100, Steps: 6 * (10 + 200)}}
	all := handedOut(&e)
	assert.Len(t, all, 1+1+3)
	tried, complete := e.Tried()
	assert.Equal(t, len(all), tried)
	assert.False(t, complete)
}

func TestWhatWasTriedBeforeIsSkipped(t *testing.T) {
	plan := steer.Plan{Singles: 5, Random: 2}
	all := handedOut(&steer.Explorer{Plan: plan})
	plan.Skip = 4
	e := steer.Explorer{Plan: plan}
	rest := handedOut(&e)
	assert.Equal(t, append(all[:1:1], all[4:]...), rest)
	tried, complete := e.Tried()
	assert.Equal(t, len(all), tried)
	assert.True(t, complete)
}

func TestOneScheduleAlone(t *testing.T) {
	only := steer.Schedule{Seed: 9, Odds: 5}
	plan, err := steer.ParsePlan(steer.Plan{Only: &only}.String())
	require.NoError(t, err)
	e := steer.Explorer{Plan: plan}
	assert.Equal(t, []steer.Schedule{only}, handedOut(&e))
	_, complete := e.Tried()
	assert.False(t, complete)
}

func TestRunsAreComparedByTheOrderOfTheirLocks(t *testing.T) {
	a := steer.Run{Events: []steer.Event{{Kind: steer.Has, A: 7}, {Kind: steer.Has, A: 9}, {Kind: steer.Gives, A: 7}}}
	b := steer.Run{Events: []steer.Event{{Kind: steer.Has, A: 1}, {Kind: steer.Has, A: 2}, {Kind: steer.Gives, A: 1}}}
	_, same := steer.Same(a, b)
	assert.True(t, same)
	b.Events[2].A = 2
	at, same := steer.Same(a, b)
	assert.False(t, same)
	assert.Equal(t, 2, at)
	_, same = steer.Same(a, steer.Run{Events: a.Events[:2]})
	assert.False(t, same)
}

func TestARecordingIsNotBelieved(t *testing.T) {
	for what, data := range map[string][]byte{
		"the recording of a run":                        []byte("short"),
		"no run was recorded":                           make([]byte, steer.Size),
		"has lengths that it cannot have":               bytes.Repeat([]byte{0xff}, int(steer.Size)),
		"the recording of a run: invalid character 'x'": append([]byte("x"), make([]byte, steer.Size)...),
	} {
		_, err := steer.Read(bytes.NewReader(data))
		assert.ErrorContains(t, err, what)
	}
}

func TestAProgramThatWasNotBuiltForItSaysSo(t *testing.T) {
	assert.ErrorIs(t, steer.Begin(steer.Schedule{Seed: 1}, nil), steer.ErrNotBuilt)
	assert.False(t, steer.On())
	assert.False(t, steer.Built)
	steer.Point(steer.Statement, 1, 0)
	steer.Mark(steer.Broke, 0, 0)
	assert.False(t, steer.Idle(0))
	steer.End()
}

// The runtime's file has the number, too.
func TestConnectionsAreTheLastKinds(t *testing.T) {
	assert.Equal(t, steer.Kind(24), steer.Accepts)
	assert.Greater(t, steer.Accepts, steer.Atomic)
}

func TestAValueFitsIntoOneNumber(t *testing.T) {
	for _, v := range []steer.Value{{}, {Site: steer.MostSites, Nth: 15, Form: steer.Filled, Value: -1}, {Site: 1, Form: steer.Number, Value: math.MinInt32}, {Site: 77, Nth: 3, Form: steer.Length, Value: math.MaxInt32}} {
		assert.Equal(t, v, steer.Unpack(v.Packed()))
	}
	assert.EqualValues(t, math.MaxInt32, steer.Fit(math.MaxInt64))
	assert.EqualValues(t, -5, steer.Fit(-5))
}
