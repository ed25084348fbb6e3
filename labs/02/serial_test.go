package serial_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lockstep/harness/labtest"
	serial "lockstep/labs/02"
)

func TestMain(m *testing.M) { labtest.Main(m, serve) }

// serve is the server process of the scenario. It serves the scenario's own folder.
func serve(ln net.Listener, _ *slog.Logger) error {
	root, err := os.OpenRoot(".")
	if err != nil {
		return err
	}
	defer root.Close()
	return serial.Serve(ln, root)
}

// start runs the server in this process, and returns the folder that it serves. A connection holds
// 5000 bytes: whatever is larger has to arrive in pieces.
func start(t *testing.T) (*labtest.Server, string) {
	dir := filepath.Join(t.TempDir(), "root")
	require.NoError(t, os.Mkdir(dir, 0o755))
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	t.Cleanup(func() { root.Close() })
	return labtest.StartWith(t, labtest.Network{Buffer: 5000}, func(ln net.Listener) error { return serial.Serve(ln, root) }), dir
}

func TestByHand(t *testing.T) { labtest.Scenario(t, "byhand") }

func TestAHundredTransfers(t *testing.T) {
	s, dir := start(t)
	c := s.Connect("the client")
	sizes := []int{0, 1, 4095, 4096, 4097, 1 << 20}
	random := rand.NewChaCha8([32]byte{})
	var early int
	for round := range 100 {
		data := make([]byte, sizes[round%len(sizes)])
		random.Read(data)
		name := fmt.Sprintf("편지 of %d bytes.txt", len(data))

		put(t, c, name, string(data))
		stored, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, os.ErrNotExist) {
			t.Fatalf("round %d: the client was told that %q is stored, and the folder holds %q", round+1, name, names(t, dir))
		}
		require.NoError(t, err)
		requireSame(t, string(data), string(stored), fmt.Sprintf("round %d, %q in the folder", round+1, name))
		requireSame(t, string(data), get(t, c, name), fmt.Sprintf("round %d, %q as it was fetched again", round+1, name))
		if round == 20 {
			early = inUse()
		}
	}
	const most = 5 << 20
	if inUse()-early > most {
		t.Fatalf("after 100 transfers more than %d MiB of memory are in use that were not after 20: something refers to bytes of files that are done", most>>20)
	}
}

// inUse returns how many bytes of memory something still refers to.
func inUse() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

func TestListIsSorted(t *testing.T) {
	s, dir := start(t)
	c := s.Connect("the client")
	c.Say("LIST")
	require.Empty(t, receive(t, c), "LIST of an empty folder")

	var want []string
	for i := range 20 {
		want = append(want, fmt.Sprintf("%c%d.txt", "Zbxa"[i%4], 100-i))
		write(t, "x", dir, want[i])
	}
	slices.Sort(want)
	write(t, "x", dir, "folder", "inner.txt")
	write(t, "x", dir, ".hidden")

	c.Say("LIST")
	got := receive(t, c)
	if got != strings.Join(want, "\n")+"\n" {
		t.Fatalf("LIST should name the files, sorted, and no folder, and no name that begins with a dot\nexpected: %q, each with \\n behind it\ngot:      %q", want, got)
	}
}

func TestNothingStaysOpen(t *testing.T) {
	s, dir := start(t)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder"), 0o755))
	c := s.Connect("the client")
	round := func() {
		put(t, c, "a.txt", "hello")
		requireSame(t, "hello", get(t, c, "a.txt"), "a.txt as it was fetched again")
		c.Say("LIST")
		receive(t, c)
		refused(t, c, "GET missing.txt\n", "there is no such file")
		refused(t, c, "GET folder\n", "it is no file")
		refused(t, c, "PUT folder\n"+frame("hello"), "there is a folder of that name")
	}
	// A garbage collection would close forgotten files, now and then.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	round()
	s.Idle()
	goroutines := runtime.NumGoroutine()
	descriptors, counted := openDescriptors()
	const rounds = 50
	for range rounds {
		round()
	}
	awaitFewer(t, descriptors+rounds, goroutines+rounds)
	if now, _ := openDescriptors(); !counted {
		t.Log("open files cannot be counted on this system, so that part is left out")
	} else if now-descriptors >= rounds { // fewer may be the system's own
		t.Fatalf("%d rounds of requests left %d files open, while their client is still there: each request closes what it opened, also when it fails", rounds, now-descriptors)
	}
	if more := runtime.NumGoroutine() - goroutines; more >= rounds {
		t.Fatalf("%d rounds of requests left %d goroutines, while their client is still there: what a request starts, ends with it", rounds, more)
	}
}

func TestRequestsThatFail(t *testing.T) {
	s, dir := start(t)
	write(t, "hello", dir, "a.txt")
	write(t, strings.Repeat("x", 1<<20+1), dir, "large")
	write(t, "x", dir, "folder", "inner.txt")

	c := s.Connect("a client that got ERR and goes on")
	for _, r := range []struct{ line, why string }{
		{"HELLO", "there is no such request"},
		{"", "there is no such request"},
		{"get a.txt", "requests are in capital letters"},
		{"LIST a.txt", "LIST takes no name"},
		{"GET", "it has no name"},
		{"GET missing.txt", "there is no such file"},
		{"GET folder", "it is no file"},
		{"GET large", "it is larger than a MiB"},
		{"GET " + strings.Repeat("x", 4092), "there is no such file"},
	} {
		if refused(t, c, r.line+"\n", r.why) == "line too long" {
			t.Fatalf("%.20q... got \"ERR line too long\": it has %d bytes, and 4096 are allowed, the ending not counted", r.line, len(r.line))
		}
		require.Equal(t, "hello", get(t, c, "a.txt"), "the next request on the same connection")
	}
	c.Leave()

	windows := s.Connect("a client that ends its lines with \\r\\n")
	require.Equal(t, "hello", get(t, windows, "a.txt\r"))
	put(t, windows, "b.txt\r", "windows")
	require.Equal(t, "windows", get(t, windows, "b.txt"))
	windows.Leave()

	for _, line := range []struct{ of, text string }{
		{"4097 bytes", strings.Repeat("x", 4097) + "\n"},
		{"10,000 bytes, which does not end there,", strings.Repeat("x", 10_000)},
	} {
		long := s.Connect("a client that sent a line of " + line.of)
		long.Send([]byte(line.text))
		long.Await("ERR line too long")
		long.AwaitEnd()
	}
}

func TestRefusedPutStaysInStep(t *testing.T) {
	s, dir := start(t)
	write(t, "hello", dir, "a.txt")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder"), 0o755))

	c := s.Connect("a client whose PUT was refused, and which says LIST,")
	for _, name := range []string{"../a.txt", ".a", "folder", "folder/a.txt", strings.Repeat("x", 300)} {
		refused(t, c, "PUT "+name+"\n"+frame("LIST\nLIST\n"), "that name is none, or cannot be had")
		c.Say("LIST")
		require.Equal(t, "a.txt\n", receive(t, c))
	}
	c.Leave()

	for _, header := range []string{"not a frame\n", "00100001", "ffffffff"} {
		c := s.Connect(fmt.Sprintf("a client whose frame began with %.8q", header))
		refused(t, c, "PUT a.txt\n"+header, "that is no frame, or too large")
		c.AwaitEnd()
	}
	requireFolder(t, dir, "after nothing but refused PUTs", "a.txt", "folder")
	requireFile(t, filepath.Join(dir, "a.txt"), "hello", "after nothing but refused PUTs")
}

func TestNamesStayInRoot(t *testing.T) {
	s, dir := start(t)
	outside := filepath.Dir(dir)
	secret := write(t, "secret", outside, "secret.txt")
	hidden := write(t, "hidden", dir, ".hidden")
	inner := write(t, "inner", dir, "folder", "inner.txt")

	c := s.Connect("the client")
	for _, name := range []string{"../secret.txt", secret, `..\secret.txt`, "folder/inner.txt", `folder\inner.txt`, "folder/../.hidden", "./.hidden", ".hidden", ".", "..", "./a.txt"} {
		refused(t, c, "GET "+name+"\n", "a name is that of a file in the folder itself, and begins with no dot")
		refused(t, c, "PUT "+name+"\n"+frame("overwritten"), "a name is that of a file in the folder itself, and begins with no dot")
	}
	link := filepath.Join(dir, "link.txt")
	if err := os.Symlink(filepath.Join("..", "secret.txt"), link); err != nil {
		t.Log("this system does not let everybody make symbolic links, so that part is left out:", err)
	} else {
		refused(t, c, "GET link.txt\n", "link.txt is a symbolic link to ../secret.txt, out of the folder")
		c.Send([]byte("PUT link.txt\n" + frame("overwritten")))
		c.Line() // ERR, or OK if the link is a file now
		require.NoError(t, os.Remove(link))
	}
	for file, want := range map[string]string{secret: "secret", hidden: "hidden", inner: "inner"} {
		requireFile(t, file, want, "after requests with bad names")
	}
	requireFolder(t, dir, "after requests with bad names", ".hidden", "folder")
	requireFolder(t, outside, "after requests with bad names", "root", "secret.txt")
}

// ways are those in which a client goes.
var ways = []struct {
	how string
	do  func(*labtest.Client)
}{{"leaves", (*labtest.Client).Leave}, {"breaks off", (*labtest.Client).Reset}}

func TestBrokenOffPutLeavesNoFile(t *testing.T) {
	s, dir := start(t)
	old := write(t, "old", dir, "old.txt")
	request := frame(strings.Repeat("x", 20_000))
	for _, cut := range []int{0, 3, 8, 9, 15_000, len(request) - 1} {
		for _, end := range ways {
			for _, name := range []string{"new.txt", "old.txt"} {
				c := s.Connect("the client")
				c.Send([]byte("PUT " + name + "\n" + request[:cut]))
				s.Idle() // whatever the server does with what it has, it has done it
				end.do(c)
				labtest.Until(t, func() bool { return slices.Equal(names(t, dir), []string{"old.txt"}) })
				after := fmt.Sprintf("after a client that %s in its PUT of %s, behind %d of %d bytes of the frame", end.how, name, cut, len(request))
				requireFolder(t, dir, after, "old.txt")
				requireFile(t, old, "old", after)
			}
		}
	}
	c := s.Connect("a client that stays")
	put(t, c, "old.txt", "new")
	requireFolder(t, dir, "after a PUT that was not broken off", "old.txt")
	requireFile(t, old, "new", "after a PUT that was not broken off")
}

func TestSecondClientWaits(t *testing.T) {
	s, dir := start(t)
	write(t, "hello", dir, "a.txt")
	first, second, third := s.Connect("the first client"), s.Connect("the second client"), s.Connect("the third client")
	third.Say("GET a.txt") // the turn is that of the connections, not of the requests
	second.Say("GET a.txt")
	for range 3 { // a connection may carry many requests
		require.Equal(t, "hello", get(t, first, "a.txt"))
	}
	if !second.HasNothing() {
		t.Fatal("the second client was answered while the first one was still there: in this lab one is served after the other")
	}
	first.Finish()
	first.AwaitEnd()
	require.Equal(t, "hello", receive(t, second))
	if !third.HasNothing() {
		t.Fatal("the third client was answered while the second one was still there: in this lab one is served after the other")
	}
	second.Leave()
	require.Equal(t, "hello", receive(t, third))
}

func TestBadClientsDoNotStopTheServer(t *testing.T) {
	s, dir := start(t)
	write(t, "hello", dir, "a.txt")
	write(t, strings.Repeat("x", 1<<20), dir, "large")
	for _, bad := range []struct{ does, sends string }{
		{"says nothing", ""},
		{"stops in the middle of a line", "GET a.t"},
		{"stops in the middle of a frame", "PUT b.txt\n00000005he"},
		{"sends no frame", "PUT b.txt\nhello, world\n"},
		{"says nonsense", "\x00\xff\n"},
		{"does not take its answer", "GET large\n"},
	} {
		for _, end := range ways {
			c := s.Connect("the bad client")
			c.Send([]byte(bad.sends))
			s.Idle()
			end.do(c)

			next := s.Connect(fmt.Sprintf("the client after one that %s, and %s,", bad.does, end.how))
			require.Equal(t, "hello", get(t, next, "a.txt"))
			next.Leave()
		}
	}
}

// A deaf listener cannot accept. It gives up when it is asked too often.
type deaf struct{ asked int }

func (d *deaf) Accept() (net.Conn, error) {
	if d.asked++; d.asked > 100 {
		return nil, net.ErrClosed
	}
	return nil, errBroken
}

func (d *deaf) Close() error   { return nil }
func (d *deaf) Addr() net.Addr { return &net.TCPAddr{} }

func TestServeEndsWithItsListener(t *testing.T) {
	s, dir := start(t)
	write(t, "hello", dir, "a.txt")
	c := s.Connect("the client that is being served when the listener closes")
	require.Equal(t, "hello", get(t, c, "a.txt"))

	s.Close()
	if !s.Serving() {
		t.Fatal("the listener was closed, and Serve returned while a client was being served: that client may finish first")
	}
	require.Equal(t, "hello", get(t, c, "a.txt"))
	c.Leave()
	if err := s.Stop(); err != nil {
		t.Fatalf("Serve should return nil once its listener is closed, and returned %v", err)
	}

	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()
	if err := serial.Serve(&deaf{}, root); !errors.Is(err, errBroken) {
		t.Fatalf("Accept failed with %q, and Serve returned %v: it should return what Accept returned, unless that is net.ErrClosed", errBroken, err)
	}
}

func TestPutReplacesInOneStep(t *testing.T) {
	s, dir := start(t)
	c := s.Connect("the client")
	put(t, c, "report.txt", "the old report")

	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()
	reader, err := root.Open("report.txt") // somebody begins to read it, on the server's machine
	require.NoError(t, err)
	defer reader.Close()
	put(t, c, "report.txt", "the new one")
	got, err := io.ReadAll(reader)
	require.NoError(t, err)
	if string(got) != "the old report" {
		t.Fatalf("somebody had the old file open, and read %q after the PUT: the new contents should be another file, which takes the name of the old one", got)
	}
	requireFile(t, filepath.Join(dir, "report.txt"), "the new one", "after the PUT")
	requireFolder(t, dir, "after the PUT", "report.txt")
}
