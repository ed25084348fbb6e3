package memnet

import (
	"net"
	"time"
)

// accepted is a connection as a server gets it: with what a *net.TCPConn has for ending it, and without what a check
// holds it, looks into it or breaks it with. An assertion to an interface finds nothing else.
type accepted struct{ c *Conn }

//go:norace
func (a *accepted) Read(p []byte) (int, error) { return a.c.Read(p) }

//go:norace
func (a *accepted) Write(p []byte) (int, error) { return a.c.Write(p) }

//go:norace
func (a *accepted) Close() error { return a.c.Close() }

//go:norace
func (a *accepted) CloseRead() error { return a.c.CloseRead() }

//go:norace
func (a *accepted) CloseWrite() error { return a.c.CloseWrite() }

//go:norace
func (a *accepted) LocalAddr() net.Addr { return a.c.LocalAddr() }

//go:norace
func (a *accepted) RemoteAddr() net.Addr { return a.c.RemoteAddr() }

//go:norace
func (a *accepted) SetDeadline(t time.Time) error { return a.c.SetDeadline(t) }

//go:norace
func (a *accepted) SetReadDeadline(t time.Time) error { return a.c.SetReadDeadline(t) }

//go:norace
func (a *accepted) SetWriteDeadline(t time.Time) error { return a.c.SetWriteDeadline(t) }
