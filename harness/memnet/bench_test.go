package memnet

import (
	"io"
	"net"
	"testing"
)

// onNetworks runs bench on a connection in memory and on one of the loopback device.
func onNetworks(b *testing.B, bench func(b *testing.B, client, server net.Conn)) {
	b.Run("memnet", func(b *testing.B) {
		client, server := Pipe(0)
		bench(b, client, server)
	})
	b.Run("loopback", func(b *testing.B) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		defer l.Close()
		client, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		server, err := l.Accept()
		if err != nil {
			b.Fatal(err)
		}
		bench(b, client, server)
	})
}

func BenchmarkThroughput(b *testing.B) {
	onNetworks(b, func(b *testing.B, client, server net.Conn) {
		drained := make(chan struct{})
		go func() {
			defer close(drained)
			for p := make([]byte, 32<<10); ; {
				if _, err := server.Read(p); err != nil {
					server.Close()
					return
				}
			}
		}()
		p := make([]byte, 32<<10)
		b.SetBytes(int64(len(p)))
		for b.Loop() {
			if _, err := client.Write(p); err != nil {
				b.Fatal(err)
			}
		}
		client.Close()
		<-drained
	})
}

func BenchmarkRoundTrip(b *testing.B) {
	onNetworks(b, func(b *testing.B, client, server net.Conn) {
		echoed := make(chan struct{})
		go func() {
			defer close(echoed)
			defer server.Close()
			io.Copy(server, server)
		}()
		p := make([]byte, 64)
		for b.Loop() {
			if _, err := client.Write(p); err != nil {
				b.Fatal(err)
			}
			if _, err := io.ReadFull(client, p); err != nil {
				b.Fatal(err)
			}
		}
		client.Close()
		<-echoed
	})
}
