package sandbox

import "testing"

var (
	Bubblewrap  = bubblewrap
	Landlock    = landlock
	LandlockABI = landlockABI
	Remedy      = remedy
)

// ForgetMain makes this program one that does not call Main.
func ForgetMain(t *testing.T) {
	canConfine = false
	t.Cleanup(func() { canConfine = true })
}

// Look returns one look of a watch over process root in box.
func Look(box Box, root int) (func() string, error) {
	box.complete()
	w, err := newWatch(&box)
	return func() string { return w.look(root) }, err
}
