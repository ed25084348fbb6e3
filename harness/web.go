package main

import (
	"bytes"
	"fmt"
	"net/url"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"lockstep/harness/page"
	"lockstep/harness/results"
	"lockstep/harness/trace"
	"lockstep/harness/visible"
)

// pageOf is where the page of a trace goes: beside it.
func pageOf(file string) string { return strings.TrimSuffix(file, ".json") + ".html" }

// writePage writes the page of these traces.
func writePage(file string, traces ...*trace.Trace) error {
	var b bytes.Buffer
	if err := page.Write(&b, traces...); err != nil {
		return err
	}
	return results.WriteFile(file, b.Bytes())
}

// maxPage is how large the page of one submission may be; runs for which it has no room are left to show.
const maxPage = 1 << 20

// writePages writes a page for each submission of which runs were recorded, beside those, and puts links to them into the results.
func writePages(dir string, r *results.Results) error {
	for i := range r.Submissions {
		checks := r.Submissions[i].Checks
		var traces []*trace.Trace
		var of []*results.CheckResult
		for j := range checks {
			if checks[j].Trace == "" {
				continue
			}
			// One that is not there any more, or that another kit wrote, is not missed: its verdict stands.
			if t, err := readTraceFile(filepath.Join(dir, filepath.FromSlash(checks[j].Trace))); err == nil {
				traces, of = append(traces, t), append(of, &checks[j])
			}
		}
		var b bytes.Buffer
		for ; len(traces) > 0; traces = traces[:len(traces)-1] {
			b.Reset()
			if err := page.Write(&b, traces...); err != nil {
				return err
			}
			if b.Len() <= maxPage {
				break
			}
		}
		if len(traces) == 0 {
			continue
		}
		first := of[0]
		name := path.Join("traces", strings.TrimSuffix(path.Base(first.Trace), "-"+first.ID+".json")+".html")
		if err := results.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), b.Bytes()); err != nil {
			return err
		}
		for k, t := range traces {
			of[k].Page = "traces/" + url.PathEscape(path.Base(name)) + "#trace=" + url.QueryEscape(t.ID)
		}
	}
	return nil
}

// openPage names a page and opens it in a browser, unless it must not. A machine without one is no error: the page is there.
func (s *session) openPage(file string, not bool) {
	fmt.Fprintln(s.stdout, visible.Line(shown(file)))
	if not {
		return
	}
	full, err := filepath.Abs(file)
	if err == nil {
		err = browse(full)
	}
	if err != nil {
		fmt.Fprintf(s.stderr, "lockstep: no browser could be opened here: open this file in one yourself, and say --no-open the next time (%s)\n", visible.Line(err.Error()))
	}
}

// reluctance is how long somebody who opens a file may take to say that it cannot.
const reluctance = 2 * time.Second

// browse asks the system to open a file. It does not wait for the browser, which may stay as long as it likes.
func browse(file string) error {
	opener := []string{"xdg-open"}
	switch runtime.GOOS {
	case "darwin":
		opener = []string{"open"}
	case "windows":
		opener = []string{"rundll32", "url.dll,FileProtocolHandler"}
	}
	cmd := exec.Command(opener[0], append(opener[1:], file)...)
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // ends with the browser, or with this process
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("%s: %w", opener[0], err)
		}
	case <-time.After(reluctance):
	}
	return nil
}
