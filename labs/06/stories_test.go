package client_test

import (
	"testing"
	"time"

	"lockstep/harness/labtest"
	"lockstep/harness/player"
	client "lockstep/labs/06"
	"lockstep/labs/06/model"
	"lockstep/labs/06/terminal"
)

// TestStories plays stories that nobody wrote: the keyboard, the server, the clock and whoever calls Run do what they can do, at once and in turn, and
// what the client makes of it has to be what the handout says. A story that goes wrong is printed.
func TestStories(t *testing.T) {
	lab := model.Lab{
		Client: func(awayAfter time.Duration) terminal.Program { return (&client.Client{AwayAfter: awayAfter}).Run },
		Down:   client.ErrServerDown,
	}
	player.Show{Draw: model.Stories, Few: 40, Watch: labtest.CheckClient, Stage: lab.Stage}.Play(t)
}
