package serial_test

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"lockstep/harness/player"
	"lockstep/harness/story"
	serial "lockstep/labs/02"
	"lockstep/labs/02/model"
)

// TestStories plays stories that nobody wrote: clients do whatever clients can do, at once and in turn, and what each of them gets, and what the folder
// holds, has to be what the handout says. A story that goes wrong is printed.
func TestStories(t *testing.T) {
	player.Test(t, player.Lab{
		Draw: model.Stories,
		New: func(story.Story) player.Model {
			dir := filepath.Join(t.TempDir(), "root")
			require.NoError(t, model.Furnish(dir))
			root, err := os.OpenRoot(dir)
			require.NoError(t, err)
			t.Cleanup(func() { root.Close() })
			return model.New(model.Server{Run: func(ln net.Listener) error { return serial.Serve(ln, root) }, Dir: dir, Kept: kept})
		},
		Few:    40,
		Room:   model.Room,
		Finish: true,
	})
}

func kept() (files, goroutines int) {
	if runtime.GOOS != "windows" { // where some belong to the system's threads
		files, _ = openDescriptors()
	}
	return files, runtime.NumGoroutine()
}
