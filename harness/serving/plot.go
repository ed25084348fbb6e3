package serving

import (
	"fmt"
	"io"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
)

var (
	bold    = lipgloss.NewStyle().Bold(true)
	faint   = lipgloss.NewStyle().Faint(true)
	silent  = lipgloss.NewStyle().Foreground(lipgloss.Cyan)
	waiting = lipgloss.NewStyle().Foreground(lipgloss.Red)
	served  = lipgloss.NewStyle().Foreground(lipgloss.Green).Bold(true)
)

const columns = 50 // of time

// Print plots the timelines, all on one scale.
func Print(w io.Writer, timelines []Timeline) {
	var end time.Duration
	for _, t := range timelines {
		for _, v := range t.visits {
			end = max(end, v.answered)
		}
	}
	for _, t := range timelines {
		fmt.Fprintf(w, "%s  %s\n", bold.Render(strings.ToUpper(t.model.name)), t.model.what)
		for _, v := range t.visits {
			fmt.Fprintf(w, "  client %d  %s  %s\n", v.client, v.bar(end), v.says())
		}
		fmt.Fprintf(w, "            %s\n\n", faint.Render(fmt.Sprintf("0 s%*s", columns-2, seconds(end))))
	}
	fmt.Fprintf(w, "%s connected and silent   %s asked, and waiting   %s answered\n",
		silent.Render("╌╌"), waiting.Render("░░"), served.Render("█"))
}

// bar draws a visit; end is the time at the right edge.
func (v visit) bar(end time.Duration) string {
	at := func(d time.Duration) int { return int(d * (columns - 1) / max(1, end)) }
	came, asked, answered := at(v.came), at(v.asked), at(v.answered)
	return strings.Repeat(" ", came) +
		silent.Render(strings.Repeat("╌", asked-came)) +
		waiting.Render(strings.Repeat("░", answered-asked)) +
		served.Render("█") +
		strings.Repeat(" ", columns-1-answered)
}

func (v visit) says() string {
	text := fmt.Sprintf("answered after %s", seconds(v.answered-v.asked))
	if quiet := v.asked - v.came; quiet >= time.Second/10 {
		text = fmt.Sprintf("silent for %s, then %s", seconds(quiet), text)
	}
	return text
}

func seconds(d time.Duration) string {
	if d < 100*time.Millisecond {
		return fmt.Sprintf("%.1f ms", d.Seconds()*1000)
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// A Measurement is a visit as a program reads it. Times are in milliseconds.
type Measurement struct {
	Server   string `json:"server"`
	Client   int    `json:"client"`
	Came     int64  `json:"came"`
	Asked    int64  `json:"asked"`
	Answered int64  `json:"answered"`
}

// Measurements lists all visits.
func Measurements(timelines []Timeline) []Measurement {
	all := []Measurement{}
	for _, t := range timelines {
		for _, v := range t.visits {
			all = append(all, Measurement{t.model.name, v.client, v.came.Milliseconds(), v.asked.Milliseconds(), v.answered.Milliseconds()})
		}
	}
	return all
}
