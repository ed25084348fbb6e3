// Run does something under a schedule, and prints what came of it.
//
//	run WHAT SCHEDULE RECORDING
package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"lockstep/harness/perturb/sync/atomic"
	"lockstep/harness/steer"
)

var programs = map[string]func() string{
	"relay": relay, "map": pointers, "small map": fewPointers, "chance": chance, "time": clock, "procs": procs, "gosched": gosched, "spin": spin,
	"system call": systemCall, "socket": socket, "race": race, "lost update": lostUpdate, "panic": panics, "leftover": leftover, "endless": endless,
}

func main() {
	var s steer.Schedule
	check(json.Unmarshal([]byte(os.Args[2]), &s))
	recording, err := steer.Open(os.Args[3])
	check(err)
	check(steer.Begin(s, recording))
	said := programs[os.Args[1]]()
	steer.End()
	check(recording.Save())
	fmt.Print(said)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
}

func at(line uint64) { steer.Point(steer.Statement, line, 0) }

// relay is who came when to each of a few statements.
func relay() string {
	var order []string
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for n := range 5 {
				at(uint64(n))
				mu.Lock()
				order = append(order, fmt.Sprint(i))
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return strings.Join(order, "")
}

func pointers() string    { return rangeOver(60) }
func fewPointers() string { return rangeOver(6) }

func rangeOver(n int) string {
	m := map[*int]bool{}
	byAny := map[any]bool{}
	type pair struct {
		p *int
		n int
	}
	byPair := map[pair]bool{}
	for i := range n {
		p := new(int)
		*p = i
		m[p], byAny[p], byPair[pair{p, i}] = true, true, true
	}
	text := ""
	for p := range m {
		text += fmt.Sprint(*p, " ")
	}
	for p := range byAny {
		text += fmt.Sprint(*p.(*int), " ")
	}
	for p := range byPair {
		text += fmt.Sprint(p.n, " ")
	}
	return text
}

func chance() string {
	a, b, c := make(chan int, 1), make(chan int, 1), make(chan int, 1)
	text := ""
	for range 30 {
		a <- 1
		b <- 1
		c <- 1
		select {
		case <-a:
			text += "a"
		case <-b:
			text += "b"
		case <-c:
			text += "c"
		}
		for _, ch := range []chan int{a, b, c} {
			select {
			case <-ch:
			default:
			}
		}
	}
	return fmt.Sprint(text, rand.Int(), time.Now().UnixNano()/1e9)
}

// clock waits for an hour, and for the tenth tick of a second each.
func clock() string {
	began := time.Now()
	time.Sleep(time.Hour)
	slept := time.Since(began)
	ticks := time.NewTicker(time.Second)
	defer ticks.Stop()
	for range 10 {
		<-ticks.C
	}
	return fmt.Sprint(slept.Round(time.Second), " ", time.Since(began).Round(time.Second))
}

func procs() string {
	before := runtime.GOMAXPROCS(8)
	return fmt.Sprint(before, runtime.GOMAXPROCS(0))
}

// gosched waits in a loop for somebody who waits for time to pass.
func gosched() string {
	var done atomic.Bool
	go func() {
		time.Sleep(time.Second)
		done.Store(true)
	}()
	turns := 0
	for ; !done.Load() && turns < 1e6; turns++ {
		runtime.Gosched()
	}
	return fmt.Sprint(done.Load(), turns > 100)
}

// spin never comes to rest; who waits for that is told so.
func spin() string {
	var stop atomic.Bool
	go func() {
		for !stop.Load() {
			at(1)
		}
	}()
	time.Sleep(time.Millisecond)
	rests := steer.Idle(100 * time.Millisecond)
	stop.Store(true)
	return fmt.Sprint(rests, steer.Idle(time.Second))
}

// endless has two loops without an end, one of them without a point in it. Who waits for time to pass waits for them, and not for long.
func endless() string {
	var stop atomic.Bool
	go func() {
		for !stop.Load() {
			at(1)
		}
	}()
	go func() {
		for stopped := false; !stopped; stopped = !steer.On() {
			steer.Pass(steer.Local, 2, 0)
		}
	}()
	began := time.Now()
	time.Sleep(time.Minute)
	stop.Store(true)
	return fmt.Sprint(time.Since(began) < 2*time.Minute)
}

// systemCall sits in one of which the poller does not know, until somebody else has run.
func systemCall() string {
	var p [2]int
	check(syscall.Pipe(p[:]))
	go func() {
		_, err := syscall.Write(p[1], []byte("x"))
		check(err)
	}()
	b := make([]byte, 1)
	n, err := syscall.Read(p[0], b)
	check(err)
	return string(b[:n])
}

func socket() string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	defer ln.Close()
	go func() {
		conn, err := net.Dial("tcp", ln.Addr().String())
		check(err)
		conn.Close()
	}()
	conn, err := ln.Accept()
	check(err)
	conn.Close()
	return "accepted"
}

var shared int

// race has a line between two critical sections of a lock that orders what is around it.
func race() string {
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			at(1)
			mu.Lock()
			at(2)
			mu.Unlock()
			at(3)
			shared++
			at(4)
			mu.Lock()
			at(5)
			mu.Unlock()
		})
	}
	all.Wait()
	return "over"
}

// lostUpdate is right in the plain schedule, and wrong if one switch comes between load and store.
func lostUpdate() string {
	var x atomic.Int64
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() { x.Store(x.Load() + 1) })
	}
	all.Wait()
	return fmt.Sprint(x.Load())
}

func panics() string {
	at(1)
	go func() {
		at(2)
		panic("as asked")
	}()
	time.Sleep(time.Second)
	return "still here"
}

// leftover leaves a timer and a goroutine behind, which the next schedule does not hear of.
func leftover() string {
	recording := steer.NewRecording()
	var texts []string
	for range 2 {
		time.AfterFunc(time.Minute, func() { at(99) })
		go func() {
			time.Sleep(time.Hour)
			at(98)
		}()
		steer.End()
		check(steer.Begin(steer.Schedule{Seed: 1}, recording))
		texts = append(texts, relay())
		run := recording.Run()
		stray := slices.ContainsFunc(run.Events, func(e steer.Event) bool { return e.Kind == steer.Statement && e.A > 5 })
		texts = append(texts, fmt.Sprint(len(run.Events), stray))
	}
	return strings.Join(texts, " ")
}
