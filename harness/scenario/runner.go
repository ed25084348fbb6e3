package scenario

import (
	"errors"
	"fmt"

	"github.com/rogpeppe/go-internal/testscript"
)

// A runner is the T that testscript wants, for one script, outside of go test.
type runner struct {
	failed bool
	log    string
}

var errFailNow = errors.New("script failed")

func (r *runner) run(p testscript.Params) {
	defer func() {
		if v := recover(); v != nil && v != any(errFailNow) {
			panic(v)
		}
	}()
	testscript.RunT(r, p)
}

func (r *runner) Skip(args ...any)                        { r.Fatal(args...) }
func (r *runner) Fatal(args ...any)                       { r.Log(args...); r.FailNow() }
func (r *runner) Parallel()                               {}
func (r *runner) Log(args ...any)                         { r.log += fmt.Sprintln(args...) }
func (r *runner) FailNow()                                { r.failed = true; panic(errFailNow) }
func (r *runner) Run(name string, f func(t testscript.T)) { f(r) }
func (r *runner) Verbose() bool                           { return false }
