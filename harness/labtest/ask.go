package labtest

import (
	"testing"

	"lockstep/harness/await"
)

// Ask calls a method of the student's that is to return without waiting for any client, and returns
// what it returns. If it hangs, a check that called it itself could not say so; this one fails the
// test and tells where. what is the call, in the message.
func Ask[T any](t *testing.T, what string, method func() T) T {
	t.Helper()
	c := begin(t)
	answer := make(chan T, 1)
	go func() { answer <- method() }() // ends with the method, or with the process
	got, err := await.Receive(await.Patience{}, answer)
	if err != nil {
		t.Fatalf("%s does not return\n%s", what, c.stuck())
	}
	return got
}

// Until tells whether holds is true, or becomes true while nobody acts. It is for what a server may do a
// little later, by itself: one that reads on for half a second behind an ERR logs its client out when
// that is over, and nothing moves meanwhile. What somebody was told of has been done by then, and is
// asked for once.
//
// The server idles whenever holds is asked. Until returns false when nothing will come any more.
func Until(t *testing.T, holds func() bool) bool {
	t.Helper()
	s := &Server{check: begin(t)}
	return await.Patience{}.Until(func() bool {
		s.Idle()
		return holds()
	}) == nil
}
