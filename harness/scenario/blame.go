package scenario

import (
	"fmt"
	"slices"
	"strings"

	"lockstep/harness/host"
	"lockstep/harness/lab"
	"lockstep/harness/stacks"
)

// blame makes a failure, and adds what can be said of the student's code.
func (p *play) blame(text, replied string) error {
	switch {
	case p.options.Program != nil:
		if replied == "" {
			text += doing("client", stacks.All())
		}
	default:
		state, err := p.server.Look()
		if err != nil {
			text += died(p.server.ExitState())
		} else if replied == "" {
			text += doing("server", state.Goroutines)
			for _, held := range state.Held {
				text += "\n  " + held
			}
		}
	}
	return &wrong{text: text, reply: replied}
}

// died says how a server has ended in the middle of a scenario.
func died(o host.ExitState) string {
	switch {
	case o.Forged:
		return "\n" + host.ErrForged.Error()
	case o.Crash != "":
		text := "\nthe server crashed: " + o.Crash
		if all := stacks.Parse(o.Stderr); len(all) > 0 {
			text += where(all[0])
		}
		return text
	case o.Served && o.Error == "":
		return "\nServe had returned already, with nil"
	case o.Served:
		return "\nServe had returned already, with the error " + o.Error
	}
	return "\nthe server's process had ended without a word: does the code call os.Exit?"
}

// doing says what the student's goroutines do.
func doing(role string, all []stacks.Goroutine) string {
	var lines []string
	for _, g := range all {
		if at := where(g); at != "" {
			lines = append(lines, "\n  a goroutine of the "+role+" "+g.Doing()+","+at)
		}
	}
	slices.Sort(lines) // a dump is in no order that means anything
	return strings.Join(lines, "")
}

// where names the innermost line of the student in g.
func where(g stacks.Goroutine) string {
	if at, ok := g.Innermost(lab.Owns); ok {
		return fmt.Sprintf(" at %s, in %s", at, at.Name())
	}
	return ""
}
