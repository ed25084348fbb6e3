package process_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/process"
	"lockstep/harness/startenv"
)

const mebibyte = 1 << 20

func TestOutputKeepsTheFirstMebibyteAndTakesTheRest(t *testing.T) {
	for _, c := range []struct {
		what   string
		writes []int // lengths
		kept   int
	}{
		{"nothing", nil, 0},
		{"empty write", []int{0}, 0},
		{"little", []int{5, 5}, 10},
		{"exactly all", []int{mebibyte}, mebibyte},
		{"the last one cut", []int{mebibyte - 1, 5, 5}, mebibyte},
		{"one that is too long", []int{3 * mebibyte, 1}, mebibyte},
	} {
		t.Run(c.what, func(t *testing.T) {
			var out process.Output
			var all bytes.Buffer
			for i, length := range c.writes {
				p := bytes.Repeat([]byte{'a' + byte(i)}, length)
				all.Write(p)
				n, err := out.Write(p)
				require.NoError(t, err)
				require.Equal(t, length, n)
			}
			require.Len(t, out.String(), c.kept)
			assert.True(t, strings.HasPrefix(all.String(), out.String()))
		})
	}
}

func TestOutputKeepsConcurrentWritesWhole(t *testing.T) {
	const writers, lines = 8, 200
	var out process.Output
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			for range lines {
				fmt.Fprintf(&out, "this is writer %d\n", i)
				_ = out.String()
			}
		})
	}
	group.Wait()
	for i := range writers {
		assert.Equal(t, lines, strings.Count(out.String(), fmt.Sprintf("this is writer %d\n", i)))
	}
	assert.Equal(t, writers*lines, strings.Count(out.String(), "\n"))
}

func TestEnvironmentLeavesOutWhatTheKitSets(t *testing.T) {
	for _, name := range []string{"LOCKSTEP_VERDICT", "LOCKSTEP_DEADLINE", "GORACE"} {
		t.Setenv(name, "old")
	}
	kept := append([]string{"NOT_LOCKSTEP_VERDICT", "GORACED"}, startenv.Seed.Name, startenv.Plain.Name)
	for i, name := range kept {
		t.Setenv(name, "kept")
		kept[i] = name + "=kept"
	}
	env := process.Environment("LOCKSTEP_VERDICT=new", "GORACE=new")
	assert.Subset(t, env, kept)
	assert.Equal(t, []string{"LOCKSTEP_VERDICT=new", "GORACE=new"}, env[len(env)-2:])
	for _, kv := range env {
		assert.False(t, strings.HasSuffix(kv, "=old"), kv)
	}
	assert.Equal(t, "old", os.Getenv("GORACE"), "this process keeps its own")
}

func TestTempIsWhereProgramsLook(t *testing.T) {
	dir := t.TempDir()
	for _, kv := range process.Temp(dir) {
		name, value, _ := strings.Cut(kv, "=")
		t.Setenv(name, value)
	}
	assert.Equal(t, dir, os.TempDir())
}
