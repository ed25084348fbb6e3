package appendlog_test

import (
	"io"
	"testing"

	"lockstep/harness/player"
	"lockstep/harness/story"
	appendlog "lockstep/labs/04"
	"lockstep/labs/04/disk"
	"lockstep/labs/04/model"
)

// TestStories plays stories that nobody wrote: clients send files as clients may, at once and in turn, the log fails and hangs, and what is in the log and
// what each of them is told has to be what the handout says. A story that goes wrong is printed.
func TestStories(t *testing.T) {
	player.Test(t, player.Lab{
		Draw: model.Stories,
		New: func(story.Story) player.Model {
			return model.New(disk.New(t), func(open func() (io.WriteCloser, error)) model.Server {
				return &appendlog.Server{Open: open}
			})
		},
		Few: 40,
	})
}
