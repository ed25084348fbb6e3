package chat_test

import (
	"testing"

	"lockstep/harness/player"
	"lockstep/harness/story"
	chat "lockstep/labs/05"
	"lockstep/labs/05/model"
)

// TestStories plays stories that nobody wrote: clients do whatever clients can do, at once and in turn, and what each of them hears has to be
// what the handout says. A story that goes wrong is printed.
func TestStories(t *testing.T) {
	player.Test(t, player.Lab{
		Draw: model.Stories,
		New: func(s story.Story) player.Model {
			return model.New(s, func(queue int) model.Server { return &chat.Server{Queue: queue} })
		},
		Few: 40,
	})
}
