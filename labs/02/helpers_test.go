package serial_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lockstep/harness/labtest"
)

// frame is data as a frame. The checks have their own, so that yours is not checked by itself.
func frame(data string) string { return fmt.Sprintf("%08x", len(data)) + data }

// put stores a file.
func put(t *testing.T, c *labtest.Client, name, data string) {
	t.Helper()
	c.Send([]byte("PUT " + name + "\n" + frame(data)))
	c.Await(fmt.Sprintf("OK %d", len(data)))
}

// get fetches a file.
func get(t *testing.T, c *labtest.Client, name string) string {
	t.Helper()
	c.Say("GET " + name)
	return receive(t, c)
}

// receive waits for OK and a frame.
func receive(t *testing.T, c *labtest.Client) string {
	t.Helper()
	c.Await("OK")
	header := string(c.Receive(8))
	n, err := strconv.ParseUint(header, 16, 32)
	if err != nil {
		t.Fatalf("behind the line OK comes a frame, which begins with 8 hex digits; what came begins with %q", header)
	}
	return string(c.Receive(int(n)))
}

// refused sends a request, requires that it is refused, and returns the reason.
func refused(t *testing.T, c *labtest.Client, request, why string) string {
	t.Helper()
	c.Send([]byte(request))
	answer := c.Line()
	reason, ok := strings.CutPrefix(answer, "ERR ")
	if !ok || reason == "" {
		t.Fatalf("%.40q should get ERR and a reason, and got %.40q: %s", request, answer, why)
	}
	return reason
}

// write puts a file into a folder without the server's help.
func write(t *testing.T, data string, path ...string) string {
	t.Helper()
	file := filepath.Join(path...)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(data), 0o644))
	return file
}

// requireFile requires that a file holds this.
func requireFile(t *testing.T, file, want, when string) {
	t.Helper()
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%s should hold %q %s: %v", filepath.Base(file), want, when, err)
	}
	if string(got) != want {
		t.Fatalf("%s should hold %q %s, and holds %q", filepath.Base(file), want, when, got)
	}
}

// requireFolder requires that a folder holds these names and no other.
func requireFolder(t *testing.T, dir, when string, want ...string) {
	t.Helper()
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Fatalf("the folder should hold %q %s, and holds %q", want, when, got)
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// requireSame requires that two messages are the same, and says where they are not.
func requireSame(t *testing.T, want, got, what string) {
	t.Helper()
	if want == got {
		return
	}
	at := 0
	for at < min(len(want), len(got)) && want[at] == got[at] {
		at++
	}
	switch {
	case at == len(want):
		t.Fatalf("%s: all %d bytes are there, and %d more that do not belong to it", what, len(want), len(got)-len(want))
	case at == len(got):
		t.Fatalf("%s: only the first %d of %d bytes are there", what, len(got), len(want))
	default:
		t.Fatalf("%s: of %d bytes, those from byte %d on are wrong", what, len(want), at)
	}
}

// awaitFewer waits for fewer open descriptors and goroutines than these: nobody is told when something is closed, and
// it may take a server a moment.
func awaitFewer(t *testing.T, descriptors, goroutines int) {
	t.Helper()
	labtest.Until(t, func() bool {
		n, _ := openDescriptors()
		return n < descriptors && runtime.NumGoroutine() < goroutines
	})
}
