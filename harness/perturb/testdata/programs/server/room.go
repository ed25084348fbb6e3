// Package server is what students write: each mistake stands beside the same without it. The tests
// of package perturb build it rewritten.
package server

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"sync"
)

// A Room is what the clients of a server share. Each method is a handler that greets its client,
// receives a line, does something with the room and answers; it logs what it does, which orders
// nearly everything that the detector looks at.
type Room struct {
	mu      sync.Mutex
	members map[net.Conn]bool
	visits  int
	lines   []string
}

// NewRoom returns an empty room.
func NewRoom() *Room { return &Room{members: map[net.Conn]bool{}} }

// MapWithoutLock locks where it adds to the map, and not where it removes.
func (r *Room) MapWithoutLock(conn net.Conn) {
	receive(conn)
	r.mu.Lock()
	r.members[conn] = true
	r.mu.Unlock()
	log.Print("joined")
	delete(r.members, conn)
	log.Print("left")
	answer(conn)
}

// MapWithLock is MapWithoutLock without the mistake.
func (r *Room) MapWithLock(conn net.Conn) {
	receive(conn)
	r.mu.Lock()
	r.members[conn] = true
	r.mu.Unlock()
	log.Print("joined")
	r.mu.Lock()
	delete(r.members, conn)
	r.mu.Unlock()
	log.Print("left")
	answer(conn)
}

// CounterWithoutLock counts without a lock.
func (r *Room) CounterWithoutLock(conn net.Conn) {
	receive(conn)
	r.visits++
	log.Print("counted")
	answer(conn)
}

// CounterWithLock is CounterWithoutLock without the mistake.
func (r *Room) CounterWithLock(conn net.Conn) {
	receive(conn)
	r.mu.Lock()
	r.visits++
	r.mu.Unlock()
	log.Print("counted")
	answer(conn)
}

// SliceWithoutLock appends without a lock.
func (r *Room) SliceWithoutLock(conn net.Conn) {
	line := receive(conn)
	r.lines = append(r.lines, line)
	log.Print("stored")
	answer(conn)
}

// SliceWithLock is SliceWithoutLock without the mistake.
func (r *Room) SliceWithLock(conn net.Conn) {
	line := receive(conn)
	r.mu.Lock()
	r.lines = append(r.lines, line)
	r.mu.Unlock()
	log.Print("stored")
	answer(conn)
}

// BetweenSections appends without a lock between two critical sections that are correct.
func (r *Room) BetweenSections(conn net.Conn) {
	line := receive(conn)
	r.mu.Lock()
	r.members[conn] = true
	r.mu.Unlock()
	r.lines = append(r.lines, line)
	r.mu.Lock()
	delete(r.members, conn)
	r.mu.Unlock()
	log.Print("stored")
	answer(conn)
}

// InSection is BetweenSections without the mistake.
func (r *Room) InSection(conn net.Conn) {
	line := receive(conn)
	r.mu.Lock()
	r.members[conn] = true
	r.lines = append(r.lines, line)
	r.mu.Unlock()
	r.mu.Lock()
	delete(r.members, conn)
	r.mu.Unlock()
	log.Print("stored")
	answer(conn)
}

// Echo answers each line with its number and itself. It is what is measured.
func (r *Room) Echo(conn net.Conn) {
	fmt.Fprintln(conn, "WELCOME")
	in := bufio.NewScanner(conn)
	for in.Scan() {
		r.mu.Lock()
		r.visits++
		n := r.visits
		r.mu.Unlock()
		_, err := fmt.Fprintf(conn, "%d %s\n", n, in.Text())
		if err != nil {
			return
		}
	}
}

func receive(conn net.Conn) string {
	fmt.Fprintln(conn, "WELCOME")
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		log.Print(err)
	}
	log.Print("got ", line)
	return line
}

func answer(conn net.Conn) {
	_, err := io.WriteString(conn, "OK\n")
	if err != nil {
		log.Print(err)
	}
}
