package race

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
)

// Limits of a [Stream]. What is over is counted, and not kept.
const (
	maxReports = 50
	maxReport  = 64 << 10 // bytes of one report
	maxLine    = 64 << 10 // bytes of one line; what is longer is taken for two
	maxText    = 1 << 20  // bytes of all that is no report
)

// A Stream takes what a process writes to its standard error, as it comes, and tells the detector's reports from the
// rest. It believes nothing: who writes the detector's words himself makes reports too. The zero value is ready; it may be used
// concurrently.
type Stream struct {
	// OnReport gets each report as soon as it is whole, up to a limit. It is called with a lock held; it may be nil.
	OnReport func(raw string)

	mu      sync.Mutex // guards the fields below
	line    []byte     // the last one, as far as it has come
	rule    bool       // the line before was a rule: it may be the beginning of a report
	report  []byte     // the one that has begun; nil if none has
	reports []string
	count   int
	text    bytes.Buffer
}

// Write takes what comes next. It never fails.
func (s *Stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(p)
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n') + 1
		if end == 0 {
			end = len(p)
		}
		end = min(end, maxLine)
		s.line = append(s.line, p[:end]...)
		p = p[end:]
		if len(s.line) >= maxLine || s.line[len(s.line)-1] == '\n' {
			s.take(s.line)
			s.line = s.line[:0]
		}
	}
	return n, nil
}

// found is what the detector says when a process ends.
var found = regexp.MustCompile(`^Found \d+ data race\(s\)\s*$`)

// shaped tells whether a line could be one of a report's. The program writes to the same stream, and so in between.
func shaped(line string) bool {
	return strings.TrimSpace(line) == "" || strings.HasPrefix(line, "  ") || strings.HasPrefix(line, "[failed to restore") ||
		accessHeader.MatchString(line) || createdHeader.MatchString(line)
}

// take takes a line.
func (s *Stream) take(line []byte) {
	text := bare(string(line))
	rule, begins := strings.HasSuffix(text, separator), strings.HasSuffix(text, warning)
	switch {
	case begins:
		s.end()
		s.report = []byte{}
		if s.rule {
			s.report = append(s.report, separator+"\n"...)
		}
		s.rule = false
		s.report = append(s.report, line...)
	case s.report != nil && rule:
		s.report = append(s.report, line...)
		s.end()
	case s.report != nil && shaped(text):
		s.report = append(s.report, line[:min(len(line), maxReport-min(maxReport, len(s.report)))]...)
	case rule:
		s.keepRule()
		s.rule = true
	case found.MatchString(text):
	default:
		s.keepRule()
		s.keep(line)
	}
}

// keepRule keeps a rule that was not the beginning of a report.
func (s *Stream) keepRule() {
	if s.rule {
		s.keep([]byte(separator + "\n"))
	}
	s.rule = false
}

func (s *Stream) keep(line []byte) {
	s.text.Write(line[:min(len(line), maxText-s.text.Len())])
}

// end ends the report that has begun, if any.
func (s *Stream) end() {
	if s.report == nil {
		return
	}
	raw := string(s.report)
	s.report = nil
	if s.count++; s.count > maxReports {
		return
	}
	s.reports = append(s.reports, raw)
	if s.OnReport != nil {
		s.OnReport(raw)
	}
}

// Close says that no more comes: a report that has begun breaks off here. It never fails.
func (s *Stream) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.line) > 0 {
		s.take(s.line)
		s.line = nil
	}
	s.end()
	s.keepRule()
	return nil
}

// Count is how many reports have come. Not all need be kept.
func (s *Stream) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// Reports returns the first reports that have come.
func (s *Stream) Reports() []Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Report
	for _, raw := range s.reports {
		all = append(all, Parse(raw)...)
	}
	return all
}

// Text is the beginning of all that was no report, whole lines.
func (s *Stream) Text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}
