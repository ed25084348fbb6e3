// Package host, beside the student's code, gives a server a process of its own, and is both ends of the pipe to it.
//
//	if host.IsServer() { // in the main function of the server's program
//		os.Exit(host.Serve(serve))
//	}
//
//	p, err := host.Start(ctx, exec.Command(program), host.Config{Dir: dir}) // elsewhere
//	conn, err := net.Dial("tcp", p.Addr)
//	...
//	err = p.Stop() // closes the listener, and waits until serve has returned and the process is gone
//
// # Two sides
//
// What is in files called child runs in the server's process, beside the student's code; what is in files called parent
// runs in the process that has started it. Neither uses anything of the other: what they have in common is in pipe.go.
//
// The parent tells the child what to do in lines of JSON on its standard input, and the child answers with one line each
// on its standard output. The end of the input ends it. The parent believes answers that bear the key which it has told
// the child (package startenv), and what the race detector and the runtime write to the child's standard error.
//
// # Limits
//
// The key is in the child's memory, and the student's code in the same process. So what decides a verdict is what clients
// got, what was stored and what the detector has reported; what the child says of itself goes into messages.
package host
