//go:build race

package perturb

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkEcho measures a server that answers lines: as it is, rewritten but without a seed, and
// rewritten and disturbed. A short run is that of a check, and the most expensive: what happens for
// the first time is disturbed most.
func BenchmarkEcho(b *testing.B) {
	buildPrograms(b)
	for _, network := range []string{"memory", "tcp"} {
		for _, shape := range []struct{ name, clients, lines string }{
			{"8 clients, 20 lines", "8", "20"},
			{"8 clients, 500 lines", "8", "500"},
			{"200 clients, 5 lines", "200", "5"},
		} {
			for _, build := range []struct{ name, binary, seed string }{
				{"plain", programs.plain, "0"},
				{"rewritten", programs.rewritten, "0"},
				{"disturbed", programs.rewritten, "1"},
			} {
				b.Run(network+"/"+shape.name+"/"+build.name, func(b *testing.B) {
					total := 0
					for b.Loop() {
						cmd := exec.Command(build.binary, "echo", network, shape.clients, shape.lines)
						cmd.Env = append(os.Environ(), "LOCKSTEP_SEED="+build.seed, "GORACE=atexit_sleep_ms=0")
						out, err := cmd.Output()
						require.NoError(b, err)
						ns, err := strconv.Atoi(strings.TrimSpace(string(out)))
						require.NoError(b, err)
						total += ns
					}
					b.ReportMetric(0, "ns/op") // of the whole process
					b.ReportMetric(float64(total/b.N), "ns/line")
				})
			}
		}
	}
}

// BenchmarkSeedRepeats measures how far a seed repeats a schedule: the share of runs in which four
// goroutines come by in the order that is the most frequent one under their seed. With ten runs of
// each seed, 10 % means that no order ever came twice.
func BenchmarkSeedRepeats(b *testing.B) {
	buildPrograms(b)
	const seeds, times = 30, 10
	for _, procs := range []int{1, 2} {
		b.Run(fmt.Sprintf("GOMAXPROCS=%d", procs), func(b *testing.B) {
			for b.Loop() {
				same := 0
				for seed := range seeds {
					seen := map[string]int{}
					for range times {
						seen[runOnce(b, programs.rewritten, "relay", procs, seed+1).said]++
					}
					same += slices.Max(slices.Collect(maps.Values(seen)))
				}
				b.ReportMetric(100*float64(same)/(seeds*times), "%same")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkFile measures the rewriting itself.
func BenchmarkFile(b *testing.B) {
	src, err := os.ReadFile("testdata/programs/server/room.go")
	require.NoError(b, err)
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if _, err := File("room.go", src); err != nil {
			b.Fatal(err)
		}
	}
}
