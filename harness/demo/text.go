package demo

import (
	"fmt"
	"io"
	"strings"

	"charm.land/lipgloss/v2"

	"lockstep/harness/scenario"
)

var (
	bold    = lipgloss.NewStyle().Bold(true)
	faint   = lipgloss.NewStyle().Faint(true)
	good    = lipgloss.NewStyle().Foreground(lipgloss.Green).Bold(true)
	bad     = lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true)
	clients = map[string]lipgloss.Style{
		"client1": lipgloss.NewStyle().Foreground(lipgloss.Cyan),
		"client2": lipgloss.NewStyle().Foreground(lipgloss.Magenta),
	}
)

// plainWidth is for text that goes nowhere in particular.
const plainWidth = 100

// Print writes all recordings to w.
func Print(w io.Writer, recordings []Recording) {
	for _, page := range paginate(recordings, plainWidth) {
		for _, block := range page {
			io.WriteString(w, block)
		}
	}
}

// paginate tells the recordings in pages of blocks: a block is what appears at one key press. Lines are
// broken to fit width.
func paginate(recordings []Recording, width int) [][]string {
	var pages [][]string
	for _, r := range recordings {
		pages = append(pages, r.blocks(width))
	}
	pages = append(pages, []string{summary(recordings)})
	for _, page := range pages {
		for i, block := range page {
			page[i] = lipgloss.Wrap(block, width, "")
		}
	}
	return pages
}

func (r Recording) blocks(width int) []string {
	title := bold.Render(fmt.Sprintf("%s — %s", r.transcript.Title, strings.ToUpper(r.variant.name)))
	blocks := []string{fmt.Sprintf("%s\n%s\n", title, faint.Render(r.variant.what+" ("+r.variant.Path+"), race detector on"))}
	for _, step := range r.transcript.Steps {
		switch {
		case step.Kind == scenario.Command:
			blocks = append(blocks, r.step(step))
		case step.Text != r.transcript.Title:
			blocks = append(blocks, "\n"+faint.Render("  # "+step.Text)+"\n")
		}
	}
	blocks = append(joinComments(blocks), r.stored(), r.verdict())
	if r.race != "" {
		blocks = append(blocks, "\n"+box(r.race, width)+"\n")
	}
	blocks[len(blocks)-1] += "\n\n"
	return blocks
}

// joinComments puts a comment into the block of the step that it is about.
func joinComments(blocks []string) []string {
	var joined []string
	comment := ""
	for _, b := range blocks {
		if strings.Contains(b, "  # ") {
			comment += strings.TrimPrefix(b, strings.Repeat("\n", min(1, len(comment))))
			continue
		}
		joined = append(joined, comment+b)
		comment = ""
	}
	if comment != "" {
		joined = append(joined, comment)
	}
	return joined
}

func (r Recording) step(step scenario.Step) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  %s\n", color(step.Client, step.Text))
	for i, reply := range step.Replies {
		text := fmt.Sprintf("%s ← %s", reply.Client, reply.Line)
		if step.Failed && i == len(step.Replies)-1 {
			text = bad.Render(text)
		} else {
			text = color(reply.Client, text)
		}
		fmt.Fprintf(&b, "      %s\n", text)
	}
	return b.String()
}

// stored shows what the server has stored, each line with the client that it is from.
func (r Recording) stored() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n  %s, %d bytes:\n", r.transcript.Store, len(r.transcript.Stored))
	for _, span := range r.transcript.Spans() {
		client, _, _ := strings.Cut(span.File, "/")
		from := span.File
		if from == "" {
			from = "nobody's bytes"
		}
		for line := range strings.Lines(span.Text) {
			fmt.Fprintf(&b, "    %s\n", color(client, fmt.Sprintf("%-14s │ %s", from, strings.TrimRight(line, "\n"))))
		}
	}
	if len(r.transcript.Stored) == 0 {
		b.WriteString("    (nothing)\n")
	}
	for _, f := range r.transcript.Files {
		if !strings.Contains(string(r.transcript.Stored), string(f.Data)) {
			fmt.Fprintf(&b, "    %s\n", bad.Render(fmt.Sprintf("%-14s │ is not there", f.Client+"/"+f.Name)))
		}
	}
	return b.String()
}

func (r Recording) verdict() string {
	s := r.Summary()
	if s.OK && !s.Race {
		return fmt.Sprintf("\n  %s all files are stored, and the race detector saw nothing\n", good.Render("OK"))
	}
	var b strings.Builder
	if s.OK {
		fmt.Fprintf(&b, "\n  %s all files are stored\n", good.Render("OK"))
	} else {
		fmt.Fprintf(&b, "\n  %s %s\n", bad.Render("BROKEN"), strings.ReplaceAll(r.transcript.Failure, "\n", "\n         "))
	}
	if s.Race {
		fmt.Fprintf(&b, "  %s the race detector has seen why:\n", bad.Render("RACE"))
	}
	return b.String()
}

func summary(recordings []Recording) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", bold.Render("What happened"))
	for _, r := range recordings {
		s := r.Summary()
		text := good.Render("ok")
		if !s.OK {
			text = bad.Render("broken: " + strings.TrimPrefix(s.Error, "ERR "))
		}
		if s.Race {
			text += bad.Render("; data race")
		}
		fmt.Fprintf(&b, "  scenario %d  %-9s %s\n", s.Scenario, s.Variant, text)
	}
	return b.String()
}

func color(client, text string) string {
	if style, ok := clients[client]; ok {
		return style.Render(text)
	}
	return text
}

// box draws a line to the left of a text.
func box(text string, width int) string {
	var b strings.Builder
	for line := range strings.SplitSeq(lipgloss.Wrap(strings.TrimSpace(text), max(20, width-4), ""), "\n") {
		fmt.Fprintf(&b, "  %s %s\n", bad.Render("│"), line)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
