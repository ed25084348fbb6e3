package perturb_test

import (
	"fmt"

	"lockstep/harness/perturb"
)

func ExampleFile() {
	text, err := perturb.File("room.go", []byte(`package room

import "sync"

var mu sync.Mutex

func enter() {
	mu.Lock()
	defer mu.Unlock()
}
`))
	fmt.Printf("%s%v\n", text, err)
	// Output:
	// package room; import lockstep_engine "lockstep/harness/perturb/engine"
	//
	// import "lockstep/harness/perturb/sync"
	//
	// var mu sync.Mutex
	//
	// func enter() {
	// 	lockstep_engine.Y(1); mu.Lock()
	// 	lockstep_engine.Y(2); defer mu.Unlock()
	// }
	// <nil>
}
