package scenario

import (
	"errors"
	"fmt"
	"net"
	"time"

	"lockstep/harness/await"
)

// errEnded is what a client finds behind the last line.
var errEnded = errors.New("the server closed the connection")

// A client is a connection to the server that the script has opened.
type client struct{ *net.TCPConn }

func dial(addr string) (client, error) {
	conn, err := net.DialTimeout("tcp", addr, await.Limit)
	if err != nil {
		return client{}, err
	}
	return client{conn.(*net.TCPConn)}, nil
}

// Write does not wait for a server that reads nothing for ever.
func (c client) Write(b []byte) (int, error) {
	c.SetWriteDeadline(time.Now().Add(await.Limit))
	return c.TCPConn.Write(b)
}

func (c client) addr() string { return c.LocalAddr().String() }

func (c client) reset() error {
	c.SetLinger(0)
	c.Close()
	return nil
}

func (client) ending(read error) error {
	if read != nil {
		return fmt.Errorf("the connection broke: %w", read)
	}
	return errEnded
}

func (client) over() bool { return true } // the server has to close the connection

func (client) awaits() string { return "the server to close the connection" }

func (client) stays(name string) string {
	return name + " has its answer, but the server did not close the connection"
}
