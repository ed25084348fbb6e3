package race_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/race"
)

// feed gives a text to a stream, in pieces of so many bytes.
func feed(t *testing.T, text string, size int) *race.Stream {
	t.Helper()
	s := &race.Stream{}
	for len(text) > 0 {
		n := min(size, len(text))
		written, err := s.Write([]byte(text[:n]))
		require.NoError(t, err)
		require.Equal(t, n, written)
		text = text[n:]
	}
	require.NoError(t, s.Close())
	return s
}

func TestStreamTellsReportsFromTheRest(t *testing.T) {
	const rule = "==================\n"
	between := strings.Replace(report, "\n\n", "\nSEND client=1\n\nREADY client=2\n", 1)
	for _, row := range []struct {
		name, in string
		reports  []string
		text     string
	}{
		{"nothing", "", nil, ""},
		{"no report", "one\ntwo", nil, "one\ntwo"},
		{"a report", report, []string{report}, ""},
		{"two, and words around them", "before\n" + report + "between\n" + report + "after\n", []string{report, report}, "before\nbetween\nafter\n"},
		{"words in the middle of one", between, []string{report}, "SEND client=1\nREADY client=2\n"},
		{"a rule of the program's own", rule + "title\n" + rule + "end\n", nil, rule + "title\n" + rule + "end\n"},
		{"one that breaks off", strings.TrimSuffix(report, rule), []string{strings.TrimSuffix(report, rule)}, ""},
		{"one after one that breaks off", strings.TrimSuffix(report, rule) + report, []string{strings.TrimSuffix(report, rule) + rule, strings.TrimPrefix(report, rule)}, ""},
		{"what the detector says in the end", report + "Found 1 data race(s)\n", []string{report}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, size := range []int{1, 7, 1 << 20} {
				s := feed(t, row.in, size)
				var reports []string
				for _, r := range s.Reports() {
					reports = append(reports, r.Raw)
				}
				assert.Equal(t, row.reports, reports)
				assert.Equal(t, len(row.reports), s.Count())
				assert.Equal(t, row.text, s.Text())
			}
		})
	}
}

func TestStreamKeepsABoundedPartAndCountsTheRest(t *testing.T) {
	s := feed(t, strings.Repeat(report, 1000), 1<<16)
	assert.Equal(t, 1000, s.Count())
	assert.Len(t, s.Reports(), 50)

	s = feed(t, strings.Repeat("words without end ", 1<<18), 1<<16)
	assert.Len(t, s.Text(), 1<<20)

	s = feed(t, strings.Replace(report, "\n\n", strings.Repeat("\n  main.f()\n      main.go:1 +0x1", 1<<16)+"\n\n", 1), 1<<16)
	assert.Equal(t, 1, s.Count())
	assert.LessOrEqual(t, len(s.Reports()[0].Raw), 1<<16+100)
}

func TestStreamTellsOfAReportAsSoonAsItIsWhole(t *testing.T) {
	var told []string
	s := &race.Stream{OnReport: func(raw string) { told = append(told, raw) }}
	s.Write([]byte(report[:len(report)-1]))
	assert.Empty(t, told)
	s.Write([]byte("\n"))
	assert.Equal(t, []string{report}, told)
}
