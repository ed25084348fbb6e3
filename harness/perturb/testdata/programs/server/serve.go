package server

import (
	"net"
	"sync"
)

// ServeAddLate adds to the WaitGroup in the goroutine that is to be waited for.
func ServeAddLate(ln net.Listener, handle func(net.Conn)) {
	var clients sync.WaitGroup
	defer clients.Wait()
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		go func() {
			clients.Add(1)
			defer clients.Done()
			defer conn.Close()
			handle(conn)
		}()
	}
}

// ServeAddFirst is ServeAddLate without the mistake.
func ServeAddFirst(ln net.Listener, handle func(net.Conn)) {
	var clients sync.WaitGroup
	defer clients.Wait()
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		clients.Add(1)
		go func() {
			defer clients.Done()
			defer conn.Close()
			handle(conn)
		}()
	}
}
