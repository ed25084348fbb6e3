package shutdown_test

import (
	"testing"

	"lockstep/harness/player"
	"lockstep/harness/story"
	shutdown "lockstep/labs/08"
	"lockstep/labs/08/model"
)

// TestStories plays stories that nobody wrote: clients do whatever clients can do, an operator types, the server is shut down with all kinds of patience, and
// what everybody gets has to be what the handout says. A story that goes wrong is printed.
func TestStories(t *testing.T) {
	player.Test(t, player.Lab{
		Draw: model.Stories,
		New:  func(s story.Story) player.Model { return model.New(s, &shutdown.Server{}, shutdown.ErrClosed) },
		Few:  40,
	})
}
