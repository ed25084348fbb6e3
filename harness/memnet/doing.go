package memnet

import "lockstep/harness/stacks"

// Said before any connection is made; marked like all functions here.
//
//go:norace
func init() {
	stacks.Means((*Conn).Read, "waits for its client to send")
	stacks.Means((*Conn).Write, "waits for its client to read")
	stacks.Means((*Conn).pastEnd, "reads on and on, although the connection has ended")
	stacks.Means((*Listener).Accept, "waits for the next client")
	stacks.Means((*Listener).pastEnd, "accepts on and on, although the listener is closed")
}
