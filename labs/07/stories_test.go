package login_test

import (
	"log/slog"
	"net"
	"path/filepath"
	"testing"

	"lockstep/harness/player"
	"lockstep/harness/story"
	login "lockstep/labs/07"
	"lockstep/labs/07/hasher"
	"lockstep/labs/07/model"
)

// TestStories plays stories that nobody wrote: clients do whatever clients can do, at once and in turn, while others call the methods of Accounts, and what
// each of them is told has to be what the handout says. A story that goes wrong is printed.
func TestStories(t *testing.T) {
	player.Test(t, player.Lab{
		Draw: model.Stories,
		New: func(s story.Story) player.Model {
			path, h := filepath.Join(t.TempDir(), "accounts.db"), hasher.New()
			m := model.New(s, model.Lab{
				Path: path, Hasher: h,
				Open: func(path string) (model.Accounts, error) { return login.Open(path, hashes{h}) },
				Serve: func(a model.Accounts, log *slog.Logger, ln net.Listener) error {
					return (&login.Server{Accounts: a.(*login.Accounts), Log: log}).Serve(ln)
				},
				Taken: login.ErrTaken, Denied: login.ErrDenied, LoggedIn: login.ErrLoggedIn, Invalid: login.ErrInvalid,
			})
			t.Cleanup(m.Close)
			return m
		},
		Few: 40,
	})
}
