package memnet

// Buffered returns how many bytes this end could read without waiting.
//
//go:norace
func (c *Conn) Buffered() int {
	c.mu.Lock()
	n := c.in.bytes.n
	c.mu.Unlock()
	return n
}

// Unread returns how many bytes the other end could read without waiting.
//
//go:norace
func (c *Conn) Unread() int {
	c.mu.Lock()
	n := c.out.bytes.n
	c.mu.Unlock()
	return n
}

// Readable tells whether a Read, deadlines aside, would return without waiting: there are bytes, or
// there will never be any.
//
//go:norace
func (c *Conn) Readable() bool {
	c.mu.Lock()
	now := c.in.bytes.n > 0 || c.in.finished || c.in.deaf || c.closed || c.reset
	c.mu.Unlock()
	return now
}

// Writable tells the same of a Write: there is room for a byte, or nobody to take it.
//
//go:norace
func (c *Conn) Writable() bool {
	c.mu.Lock()
	now := c.out.bytes.n < c.out.bytes.limit || c.out.finished || c.out.abandoned || c.closed || c.reset
	c.mu.Unlock()
	return now
}

// Room returns how many bytes this end could write without waiting.
//
//go:norace
func (c *Conn) Room() int {
	c.mu.Lock()
	n := c.out.bytes.limit - c.out.bytes.n
	c.mu.Unlock()
	return n
}

// PeerClosed tells whether the other end has closed the connection, with Close or with Reset.
//
//go:norace
func (c *Conn) PeerClosed() bool {
	c.mu.Lock()
	closed := c.peer.closed
	c.mu.Unlock()
	return closed
}
