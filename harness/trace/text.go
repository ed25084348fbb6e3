package trace

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"lockstep/harness/visible"
)

// Draw draws a run on a terminal of so many columns: a column for each of the lanes that matter, a row for each step.
func (r *Run) Draw(width int) string {
	t := &table{run: r, source: map[string][]string{}}
	for _, f := range r.Files {
		t.source[f.ID] = strings.Split(f.Source, "\n")
	}
	t.columns = t.chosen(max(1, min(3, (width-gutter)/narrowest)))
	if len(t.columns) == 0 {
		return ""
	}
	t.width = min(widest, (width-gutter)/len(t.columns))
	return t.draw()
}

const (
	gutter    = 5  // for the number of a step, and a mark
	narrowest = 44 // a column
	widest    = 58
)

// A table is a run that is being drawn.
type table struct {
	run     *Run
	source  map[string][]string
	columns []string // lanes
	width   int
	out     strings.Builder
}

// chosen are the lanes that have a column: those with most steps of their own.
func (t *table) chosen(most int) (lanes []string) {
	weight := map[string]int{}
	end := t.run.End.Race
	for i, s := range t.run.Steps {
		switch {
		case end != nil && (i+1 == end.First || i+1 == end.Second):
			weight[s.Lane] += 100
		case s.Kind != "stretch":
			weight[s.Lane]++
		}
	}
	for _, l := range t.run.Lanes {
		if l.Role == "handler" && weight[l.ID] > 0 {
			lanes = append(lanes, l.ID)
		}
	}
	heavy := slices.Clone(lanes)
	slices.SortStableFunc(heavy, func(a, b string) int { return weight[b] - weight[a] })
	heavy = heavy[:min(most, len(heavy))]
	return slices.DeleteFunc(lanes, func(id string) bool { return !slices.Contains(heavy, id) })
}

func (t *table) lane(id string) Lane {
	for _, l := range t.run.Lanes {
		if l.ID == id {
			return l
		}
	}
	return Lane{}
}

func (t *table) draw() string {
	t.line("", "", func(id string) string { return t.lane(id).Name })
	for i, s := range t.run.Steps {
		if s.Switch != "" {
			t.out.WriteString(strings.Repeat(" ", gutter) + strings.TrimRight(strings.Repeat("- ", t.width*len(t.columns)/2), " ") + "\n")
		}
		mark := " "
		if e := t.run.End.Race; e != nil && (i+1 == e.First || i+1 == e.Second) {
			mark = "!"
		}
		number := fmt.Sprintf("%3d", i+1)
		switch {
		case s.Lane == check && s.Kind == "stretch":
			fmt.Fprintf(&t.out, "%s %s (%s)\n", number, mark, s.What)
		case s.Kind == "fail":
			fmt.Fprintf(&t.out, "%s %s the check fails: %s\n", number, "!", visible.Line(s.Say))
		case slices.Contains(t.columns, s.Lane):
			t.line(number, mark, func(id string) string {
				if id == s.Lane {
					return t.say(s)
				}
				return ""
			})
		default:
			fmt.Fprintf(&t.out, "%s %s (%s: %s)\n", number, mark, t.lane(s.Lane).Name, t.say(s))
		}
	}
	if e := t.run.End.Race; e != nil {
		fmt.Fprintf(&t.out, "%s! %s\n", strings.Repeat(" ", gutter-2), "steps "+fmt.Sprint(e.First)+" and "+fmt.Sprint(e.Second)+" touch the same memory, and nothing orders them")
	}
	return t.out.String()
}

// line writes a row of the table.
func (t *table) line(number, mark string, text func(lane string) string) {
	row := fmt.Sprintf("%3s %s", number, mark)
	for _, id := range t.columns {
		cell := shorten(visible.Line(text(id)), t.width-2)
		row += cell + strings.Repeat(" ", t.width-utf8.RuneCountInString(cell))
	}
	t.out.WriteString(strings.TrimRight(row, " ") + "\n")
}

// say is what a step did: its line as its author wrote it, and what that came to.
func (t *table) say(s Step) string {
	if s.Kind == "stretch" {
		return s.What
	}
	text := fmt.Sprintf("%d  %s", s.Line, t.text(s))
	switch {
	case s.Waits != nil && s.Waits.Of != "":
		text = fmt.Sprintf("%d  waits for %s, which %s has", s.Line, s.Waits.For, t.lane(s.Waits.Of).Name)
	case s.Waits != nil:
		text = fmt.Sprintf("%d  waits for %s", s.Line, s.Waits.For)
	case (s.Kind == "lock" || s.Kind == "unlock") && !strings.Contains(t.text(s), "ock("):
		text += "  ← " + s.What
	case s.Kind == "unlock" && strings.HasPrefix(t.text(s), "defer "):
		text += "  ← " + s.What
	}
	for _, c := range s.Changes {
		if value := fmt.Sprintf("  ← %s → %s", c.Before, c.After); c.Before != unseen && t.kind(c.Object) == "field" && utf8.RuneCountInString(text+value) <= t.width-2 {
			text += value
		}
	}
	if s.Last {
		text += "  (ends)"
	}
	return text
}

func (t *table) kind(object string) string {
	for _, o := range t.run.Objects {
		if o.ID == object {
			return o.Kind
		}
	}
	return ""
}

// text is a step's line.
func (t *table) text(s Step) string {
	if all := t.source[s.File]; s.Line >= 1 && s.Line <= len(all) {
		return strings.TrimSpace(all[s.Line-1])
	}
	return s.What
}
