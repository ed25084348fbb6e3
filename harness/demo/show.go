package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

// Show tells the recordings on a terminal, a step at each key press, and back again with the left arrow.
// What was shown is printed again when the demo is over or q or Ctrl-C was pressed, so that it
// stays in the terminal. It returns ctx's error when ctx is done before.
func Show(ctx context.Context, in io.Reader, out io.Writer, recordings []Recording) error {
	final, err := tea.NewProgram(model{recordings: recordings, pages: paginate(recordings, plainWidth), height: 24},
		tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out), tea.WithoutSignalHandler()).Run()
	if errors.Is(err, tea.ErrProgramKilled) || errors.Is(err, tea.ErrInterrupted) {
		return context.Cause(ctx)
	}
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, final.(model).shown())
	return err
}

// A model is how far the recordings have been shown: the pages before page, and of that the blocks up to
// block.
type model struct {
	recordings  []Recording
	pages       [][]string // a block appears at each key press
	page, block int
	height      int // of the terminal, in lines
}

func (m model) Init() tea.Cmd { return nil }

func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.height = msg.Height
		m.pages = paginate(m.recordings, msg.Width)
		m.block = min(m.block, len(m.pages[m.page])-1)
	case tea.KeyPressMsg:
		switch msg.String() {
		case "q", "esc", "ctrl+c":
			return m, tea.Quit
		case "left", "backspace", "up", "pgup":
			return m.back(), nil
		}
		if m.page == len(m.pages)-1 && m.block == len(m.pages[m.page])-1 {
			return m, tea.Quit
		}
		return m.next(), nil
	}
	return m, nil
}

func (m model) next() model {
	if m.block++; m.block == len(m.pages[m.page]) {
		m.page, m.block = m.page+1, 0
	}
	return m
}

func (m model) back() model {
	switch {
	case m.block > 0:
		m.block--
	case m.page > 0:
		m.page--
		m.block = len(m.pages[m.page]) - 1
	}
	return m
}

// View is the current page as far as it was told, its end if there is not room for all.
func (m model) View() tea.View {
	text := strings.TrimRight(strings.Join(m.pages[m.page][:m.block+1], ""), "\n")
	lines := strings.Split(text, "\n")
	if room := max(1, m.height-2); len(lines) > room {
		lines = lines[len(lines)-room:]
	}
	keys := faint.Render(fmt.Sprintf("  %d of %d   any key: next   ←: back   q: quit", m.page+1, len(m.pages)))
	view := tea.NewView(lipgloss.JoinVertical(lipgloss.Left, strings.Join(lines, "\n"), "", keys))
	view.AltScreen = true
	return view
}

// shown is all that was told.
func (m model) shown() string {
	var b strings.Builder
	for i, page := range m.pages[:m.page+1] {
		if i == m.page {
			page = page[:m.block+1]
		}
		b.WriteString(strings.Join(page, ""))
	}
	return b.String()
}
