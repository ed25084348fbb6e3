package explain

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestName(t *testing.T) {
	const server = `package chat
type Server struct {
	a, b, c int
	arr     []int
	users   map[string]*user
	stats   struct{ lines int }
	said    bytes.Buffer
	queue   chan []byte
}
type user struct{ nick string }
`
	for _, test := range []struct {
		name   string
		source string
		want   string // what follows "data race on ", empty if nothing must be named
	}{
		{"a field, never its receiver", `
func (s *Server) set() { s.a = 1 } // now write (*Server).set
func (s *Server) get() int { return s.a } // before read (*Server).get
`, "s.a"},
		{"the written operand of an assignment", `
func (s *Server) set() { s.a = s.b } // now write (*Server).set
func (s *Server) get() { s.b = s.a } // before read (*Server).get
`, "s.a"},
		{"the operand that the other line writes", `
func (s *Server) get() int { return s.a + s.b + s.c } // now read (*Server).get
func (s *Server) set() { s.b++ } // before write (*Server).set
`, "s.b"},
		{"two that fit", `
func (s *Server) set() { s.a, s.b = 1, 2 } // now write (*Server).set
func (s *Server) get() int { return s.a + s.b } // before read (*Server).get
`, "s.a or s.b"},
		{"too many that fit", `
func (s *Server) set() { s.a, s.b, s.c = 1, 2, 3 } // now write (*Server).set
func (s *Server) get() int { return s.a + s.b + s.c } // before read (*Server).get
`, ""},
		{"receivers with different names", `
func (s *Server) set() { s.a = 1 } // now write (*Server).set
func (srv *Server) get() int { return srv.a } // before read (*Server).get
`, "the field a of one Server"},
		{"fields of the same name in different structs", `
type client struct{ a *int }
func (s *Server) set() { s.a = 1 } // now write (*Server).set
func (s *client) get() { *s.a = 1 } // before write (*client).get
`, "s.a (*s.a at chat.go:13)"},
		{"a field behind a map and a pointer", `
func (s *Server) set(k string) { s.users[k].nick = k } // now write (*Server).set
func (s *Server) get(k string) string { return s.users[k].nick } // before read (*Server).get
`, "s.users[k].nick"},
		{"elements under different indices", `
func (s *Server) set(i int) { s.arr[i] = 1 } // now write (*Server).set
func (s *Server) get(j int) int { return s.arr[j] } // before read (*Server).get
`, "an element of s.arr"},
		{"an element against a loop", `
func (s *Server) set(i int) { s.arr[i] = 1 } // now write (*Server).set
func (s *Server) get() (sum int) {
	for _, n := range s.arr { // before read (*Server).get
		sum += n
	}
	return sum
}
`, "s.arr"},
		{"a value in a map", `
func (s *Server) set(k string) { s.users[k] = nil } // now write (*Server).set
func (s *Server) get(k string) *user { return s.users[k] } // before read (*Server).get
`, "the map s.users"},
		{"a map, and not its key", `
func (s *Server) set(k string) { s.users[k] = nil } // now write (*Server).set via runtime.mapassign_faststr
func (s *Server) get(k string) *user { return s.users[k] } // before read (*Server).get via runtime.mapaccess1_faststr
`, "the map s.users"},
		{"a map that is deleted from while it is looped over", `
func (s *Server) set(k string) { delete(s.users, k) } // now write (*Server).set via runtime.mapdelete_faststr
func (s *Server) get() {
	for k := range s.users { // before read (*Server).get via runtime.mapIterStart
		println(k)
	}
}
`, "the map s.users"},
		{"a channel", `
func (s *Server) end() { close(s.queue) } // now write (*Server).end via runtime.closechan
func (s *Server) say(b []byte) { s.queue <- b } // before read (*Server).say via runtime.chansend
`, "s.queue"},
		{"a copy of the whole struct", `
func (s *Server) set() { s.stats.lines = 1 } // now write (*Server).set
func (s *Server) get() Server { return *s } // before read (*Server).get
`, "s.stats.lines"},
		{"the whole struct set anew", `
func (s *Server) set() { *s = Server{} } // now write (*Server).set
func (s *Server) get() int { return s.a } // before read (*Server).get
`, "s.a"},
		{"a package variable", `
var online int
func in() { online++ } // now write in
func get() int { return online } // before read get
`, "online"},
		{"a captured variable", `
func f() error {
	var err error
	go func() { err = g() }() // now write f.func1
	return err // before read f
}
func g() error { return nil }
`, "err"},
		{"a named result, written by return", `
func f() (err error) {
	go func() { err = g() }() // now write f.func1
	return nil // before write f
}
func g() error { return nil }
`, "err"},
		{"no local variable that nobody else knows", `
func (s *Server) set(n int) { n = 1; s.a = n } // now write (*Server).set
func (s *Server) get(n int) int { n = s.a; return n } // before read (*Server).get
`, "s.a"},
		{"no type, function or package", `
func (s *Server) set() { s.a = int(strings.Count("", "")) } // now write (*Server).set
func (s *Server) get() int { return max(int(s.a), strings.Count("", "")) } // before read (*Server).get
`, "s.a"},
		{"no type from another file", `
func (s *other) set() { s.a = number(helper()) } // now write (*other).set
func (s *other) get() number { return number(helper()) + number(s.a) } // before read (*other).get
`, "s.a"},
		{"what a function of the library is called on", `
func (s *Server) set() { s.said.WriteByte('x') } // now write (*Server).set via bytes.(*Buffer).WriteByte
func (s *Server) get() string { return s.said.String() } // before read (*Server).get via bytes.(*Buffer).String
`, "s.said (a bytes.Buffer)"},
		{"what a function of the library is given", `
func (s *Server) set(n int) { fmt.Fprint(&s.said, n) } // now write (*Server).set via bytes.(*Buffer).Write fmt.Fprint
func (s *Server) get(n int) { fmt.Fprint(&s.said, n) } // before write (*Server).get via bytes.(*Buffer).Write fmt.Fprint
`, "s.said (a bytes.Buffer)"},
		{"bytes under two names", `
func (s *Server) read(c net.Conn) {
	buf := make([]byte, 9)
	c.Read(buf) // now write (*Server).read via runtime.racewriterange
	s.queue <- buf
}
func (s *Server) write(c net.Conn) {
	for line := range s.queue {
		c.Write(line) // before read (*Server).write via runtime.racereadrange
	}
}
`, "the bytes that buf and line share"},
		{"an assignment over several lines", `
func (s *Server) set() {
	s.a,
		s.b = 1, // now write (*Server).set
		2
}
func (s *Server) get() int { return s.b } // before read (*Server).get
`, "s.b"},
		{"a statement over several lines", `
func (s *Server) set() { s.a = 1 } // now write (*Server).set
func (s *Server) get() int {
	return max(1,
		2, // before read (*Server).get
		s.a)
}
`, "s.a"},
		{"not what a function literal on the line does", `
func (s *Server) set() { s.a = 1; go func() { s.b = 2 }() } // now write (*Server).set
func (s *Server) get() int { return s.a + s.b } // before read (*Server).get
`, "s.a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, _, _ := strings.Cut(explainScene(t, server+test.source[1:]), "\n")
			name := ""
			if rest, ok := strings.CutPrefix(got, "data race on "); ok {
				name, _, _ = strings.Cut(rest, ": ")
			}
			assert.Equal(t, test.want, name, got)
		})
	}
}
