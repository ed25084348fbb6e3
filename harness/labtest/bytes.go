package labtest

import (
	"bytes"
	"fmt"
	"time"
)

// AwaitBytes waits for as many bytes as want has and requires that they are want. What comes behind
// them is left for later.
func (c *Client) AwaitBytes(want []byte) {
	t := c.server.check.t
	t.Helper()
	for len(c.unread) < len(want) && c.more(len(want)-len(c.unread)) == nil {
	}
	got := c.unread[:min(len(want), len(c.unread))]
	at := differ(want, got)
	switch {
	case at < len(got) && len(want) <= short:
		t.Fatalf("%s waited for %q and got %q", c.name, want, got)
	case at < len(got):
		t.Fatalf("%s waited for %d bytes: %d of them came as they should, and then %q instead of %q",
			c.name, len(want), at, got[at:at+1], want[at:at+1])
	case len(got) < len(want):
		t.Fatalf("%s waited for %s and got %s: %s", c.name, show(want), show(got), c.why(c.end))
	}
	c.unread = c.unread[len(want):]
}

// Extra returns what has come and was not waited for. The server idles before it is asked.
func (c *Client) Extra() []byte {
	c.server.check.t.Helper()
	c.server.Idle()
	if n := c.conn.Buffered(); n > 0 {
		_ = c.more(n)
	}
	return c.unread
}

// differ returns where the first difference of a and b is, or the length of the shorter one.
func differ(a, b []byte) int {
	n := min(len(a), len(b))
	if bytes.Equal(a[:n], b[:n]) {
		return n
	}
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// short is how many bytes a message may quote.
const short = 40

// show quotes what is short, and counts what is not.
func show(b []byte) string {
	switch {
	case len(b) == 0:
		return "nothing"
	case len(b) <= short:
		return fmt.Sprintf("%q", b)
	}
	return fmt.Sprintf("%d bytes", len(b))
}

// more waits for further bytes, and takes at most so many. The error is why there are none, and c.end
// from then on.
func (c *Client) more(most int) error {
	if c.end != nil {
		return c.end
	}
	buf := make([]byte, min(most, 32<<10))
	c.end = c.server.patient(c.conn.Readable, func(until time.Time) error {
		c.conn.SetReadDeadline(until)
		n, err := c.conn.Read(buf)
		c.unread = append(c.unread, buf[:n]...)
		return err
	})
	return c.end
}
