// Package memnet, beside the student's code, is a network in memory, for checks of a student's concurrent server under the race
// detector. Bytes pass; a happens-before edge does not.
//
// On a real network each reply that a client waits for before the next client starts also orders the
// two handlers for the detector: what the first did without a lock counts as done before what the
// second does, and the missing lock goes unreported. Here it is reported in every run, within the
// limits below.
//
// # Contract
//
// A [Listener], and a [Conn] at either end of a connection, do what those of package net do for TCP on
// Linux, down to the wrapping and the wording of errors: a buffer in each direction, io.EOF when the
// peer has closed, half-close, reset, deadlines. All methods may be called concurrently.
//
// The detector does not see the insides of this package, and no report names its memory. It sees
// that a Read writes the caller's buffer, and that a Write reads it, on the line of the caller.
//
// No call here orders anything before any other call, on the same end or on another: not a Write
// before the Read that gets its bytes, not Dial before Accept, not Close before the Read that it
// wakes. A server that relies on such an order is reported, also where the sockets of package net
// happen to provide it. The one exception is [Listener.FailAccept], which says why.
//
// A check holds the client's end, and can also decide when the server goes on: [Conn.HoldPeerReads]
// lets several handlers act at the same time, [Conn.HoldPeerWrites] stops a handler between what it
// has said and what it does next.
//
// # Limits
//
// What a check shares with the server is the check's to order, by other means than the connections:
// one that gets a reply and then looks into a field of the server is reported for good reason, and
// one that sets a field does so before it starts the server, not before it dials.
//
// The detector forgets. Past some 20,000 function calls of the first goroutine, or 250 other
// goroutines, since the first of two accesses, a race goes unreported; so keep checks small.
// Everything else by which the server synchronises is visible as ever and may hide a race, its
// logging too if that writes to a file.
//
// Where TCP leaves things to chance, this package decides. The first Write after the peer has closed
// fails, not the second. A reset is what all later Reads and Writes of the peer see, not the first
// only, and it takes with it what had arrived unread. An end that closes with input unread does not
// reset its peer.
//
// A server that never looks at errors reads on and on behind the end. The thousandth such Read of a
// connection is the last that returns, and so is the thousandth Accept of a closed listener: the
// server then stalls, which is found out at once, instead of keeping a processor busy.
//
// A Conn is not a *net.TCPConn: it has no SetLinger, SetKeepAlive and the like, and no file. Nothing
// closes a Conn that is forgotten. Ports are given out again after some 58,000.
//
// # In a bubble of testing/synctest
//
// All waiting here, in Read, Write, Accept and Arrive, is durable: synctest.Wait returns when both
// ends of a connection wait to read, and a deadline of ten seconds passes at once. Make and use a
// connection inside one bubble. A goroutine of a bubble that is woken from outside of it ends the
// program, and so does a deadline that is set inside and changed outside. A bubble is for behaviour:
// synctest.Wait orders what it waits for, and hides races.
//
// # Example
//
// Do two handlers that count at the same time lose a visitor?
//
//	l := memnet.Listen()
//	defer l.Close()
//	go server.Serve(l)
//
//	barrier := memnet.NewBarrier(2)
//	defer barrier.Open()
//	var visitors []*memnet.Conn
//	for range 2 {
//		visitor, err := l.Dial()
//		if err != nil {
//			t.Fatal(err)
//		}
//		defer visitor.Close()
//		visitor.HoldPeerReads(barrier) // the handler that has read its command waits for the other
//		fmt.Fprintln(visitor, "VISIT")
//		visitors = append(visitors, visitor)
//	}
//	for _, visitor := range visitors {
//		answer, err := bufio.NewReader(visitor).ReadString('\n')
//		...
//	}
package memnet
