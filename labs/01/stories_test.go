package oneshot_test

import (
	"testing"

	"lockstep/harness/player"
	"lockstep/harness/story"
	oneshot "lockstep/labs/01"
	"lockstep/labs/01/model"
)

// TestStories plays stories that nobody wrote: a client does whatever clients can do, others come behind it, and what comes back, and what Serve
// returns, has to be what the handout says. A story that goes wrong is printed.
func TestStories(t *testing.T) {
	player.Test(t, player.Lab{
		Draw:   model.Stories,
		New:    func(story.Story) player.Model { return model.New(oneshot.Serve) },
		Few:    40,
		Room:   model.Room,
		Finish: true,
	})
}
