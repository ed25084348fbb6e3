package race

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"lockstep/harness/stacks"
)

func TestFilesOfAreThoseWithOneOfTheFunctions(t *testing.T) {
	report := Report{
		Now:    Access{Stack: []stacks.Frame{{Func: "io.Copy", File: "/go/io.go"}, {Func: "lockstep/labs/04.(*Server).store", File: "/home/amira/append.go"}}},
		Before: Access{Created: []stacks.Frame{{Func: "lockstep/labs/04.start", File: "/home/amira/more.go"}}},
	}
	own := FilesOf(func(f stacks.Frame) bool { return strings.HasPrefix(f.Func, "lockstep/labs/04.") }, report)
	assert.True(t, own("/home/amira/append.go"))
	assert.True(t, own("/home/amira/more.go"), "a file that only started the goroutine")
	assert.False(t, own("/go/io.go"))
	assert.False(t, own("/home/amira/append_test.go"))
}
