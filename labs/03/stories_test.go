package threaded_test

import (
	"log/slog"
	"net"
	"testing"

	"lockstep/harness/player"
	"lockstep/harness/story"
	threaded "lockstep/labs/03"
	"lockstep/labs/03/model"
)

// TestStories plays stories that nobody wrote: clients come and go, and tell their Handle what to do, at once and in turn, and what the server
// makes of that has to be what the handout says. A story that goes wrong is printed.
func TestStories(t *testing.T) {
	player.Test(t, player.Lab{
		Draw: model.Stories,
		New: func(s story.Story) player.Model {
			return model.New(s, func(handle func(net.Conn), limit int, log *slog.Logger) model.Server {
				return &threaded.Server{Handle: handle, Limit: limit, Log: log}
			})
		},
		Few: 25,
	})
}
