package scenario

import "io"

// An actor is somebody whom a script makes act: a [client] of its own, a student's program at a [console], or the [operator] of the
// server. What is written to it is what it sends or types; what can be read from it is what it is sent or sees on its screen.
type actor interface {
	io.ReadWriteCloser
	CloseWrite() error // it will say nothing more

	addr() string             // as the server sees it; "" if it is no client of the server
	reset() error             // breaks off, as when a machine crashes
	ending(read error) error  // what there is behind its last line; read is why there is nothing more to read, nil at the end
	over() (awaited bool)     // the scenario is over; tells whether its end has to come now
	awaits() string           // what it waits for then, in words
	stays(name string) string // and what is wrong when that does not come
}
