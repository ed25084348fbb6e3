package grade

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"

	"lockstep/harness/build"
	"lockstep/harness/judge"
	"lockstep/harness/results"
	"lockstep/harness/trace"
)

const (
	columns  = 110       // how wide a terminal is taken to be
	maxTrace = 512 << 10 // bytes; a larger one is told of in the report alone
)

// writeTrace writes the run in which a check failed, if it was recorded, and puts it into the check's result.
func (g *Grader) writeTrace(c *results.CheckResult, bin *build.Binary, v judge.Verdict, kit, student string) error {
	if g.Traces == "" {
		return nil
	}
	t, err := trace.Of(bin, v, kit)
	if err != nil || t == nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Write(&b); err != nil {
		return err
	}
	c.Lanes = t.Runs[0].Draw(columns)
	if b.Len() > maxTrace {
		return nil
	}
	name := traceName(student, bin.Lab.ID, v.Check.Name)
	c.Trace = path.Join("traces", name)
	return results.WriteFile(filepath.Join(g.Traces, name), b.Bytes())
}

func traceName(student, lab, check string) string {
	return fmt.Sprintf("%s-%s-%s.json", student, lab, check)
}

// keepTraces sees to it that the traces of a kept result are there under this student's name, and tells whether they are.
func (g *Grader) keepTraces(kept results.SubmissionResult, student string) bool {
	for i, c := range kept.Checks {
		if c.Trace == "" {
			continue
		}
		own := traceName(student, kept.Lab, c.ID)
		data, err := os.ReadFile(filepath.Join(g.Traces, path.Base(c.Trace)))
		if err == nil && path.Base(c.Trace) != own { // of another one, who handed in the same
			err = results.WriteFile(filepath.Join(g.Traces, own), data)
		}
		if err != nil {
			return false
		}
		kept.Checks[i].Trace = path.Join("traces", own)
	}
	return true
}
