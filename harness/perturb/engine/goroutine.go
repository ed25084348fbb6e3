package engine

import (
	"runtime"
	"slices"
	"unsafe"
)

// goroutine returns the number of the calling goroutine, the one that a dump shows. Every Lock asks
// for it, and a dump takes ten times as long as a Lock: where getg can be had, the number is read
// from where the runtime keeps it.
//
//go:norace
func goroutine() uint64 {
	if numberAt == 0 {
		return askRuntime()
	}
	return field(numberAt)
}

// askRuntime takes the number from a dump of the caller's stack.
//
//go:norace
func askRuntime() uint64 {
	var text [64]byte
	var id uint64
	n := runtime.Stack(text[:], false)
	for i := len("goroutine "); i < n && '0' <= text[i] && text[i] <= '9'; i++ {
		id = id*10 + uint64(text[i]-'0')
	}
	return id
}

// numberAt is where the runtime's record of a goroutine has its number; 0 means that it is unknown.
// That differs between versions of Go, so it is not assumed but looked for.
var numberAt = findNumber()

// findNumber finds the one place where each of a few goroutines has its number, 0 if there is not
// exactly one.
func findNumber() uintptr {
	if !haveGetg {
		return 0
	}
	const witnesses = 4
	var places []uintptr
	for i := range witnesses {
		found := make(chan []uintptr)
		go lookForNumber(found) // ends when it has sent
		here := <-found
		if i == 0 {
			places = here
		}
		places = slices.DeleteFunc(places, func(at uintptr) bool { return !slices.Contains(here, at) })
	}
	if len(places) != 1 {
		return 0
	}
	return places[0]
}

func lookForNumber(found chan<- []uintptr) {
	const size = 256 // of what is looked at; a record is larger
	var places []uintptr
	id := askRuntime()
	for at := uintptr(0); at < size; at += 8 {
		if field(at) == id {
			places = append(places, at)
		}
	}
	found <- places
}

// field reads the runtime's record of the calling goroutine.
//
//go:norace
func field(at uintptr) uint64 { return *(*uint64)(unsafe.Add(getg(), at)) }
