// Package page, of the lecture, writes traces as a page for the browser: a column for each goroutine, its source beside, and keys that go through the
// run step by step, back too.
//
//	err := page.Write(w, t)          // one run
//	err := page.Write(w, all...)     // a page with a menu
//
// The page is one file and asks the network for nothing. Its policy lets the browser run this package's script and style, and nothing that came with
// a trace; what a student, or a student's program, has written there is only ever text. It is made for a projector (nothing below 20 pixels at
// 1280x720), a clicker, the keyboard alone, a telephone and paper. A link to the page may name the place: #trace=ID&step=7, #step=end.
package page

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"html/template"
	"io"

	"lockstep/harness/trace"
	"lockstep/harness/visible"
)

//go:embed web
var web embed.FS

// scripts are the files that make up the page's script, in the order in which they stand on each other.
var scripts = []string{"dom.js", "model.js", "lanes.js", "arrows.js", "board.js", "keys.js", "main.js"}

var (
	css = source("page.css")
	js  = func() (all string) {
		for _, name := range scripts {
			all += source(name)
		}
		return all
	}()
	page = template.Must(template.New("page").Parse(source("page.html")))
)

func source(name string) string {
	text, err := web.ReadFile("web/" + name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(text)
}

// Write writes the page of these traces, the first of which is shown first. It leaves out what only a replay needs.
func Write(w io.Writer, traces ...*trace.Trace) error {
	if len(traces) == 0 {
		return errors.New("there is no trace to show")
	}
	var data []template.JS
	for _, t := range traces {
		text, err := encode(t)
		if err != nil {
			return err
		}
		data = append(data, template.JS(text))
	}
	return page.Execute(w, struct {
		Policy string
		CSS    template.CSS
		JS     template.JS
		Traces []template.JS
	}{
		"default-src 'none'; base-uri 'none'; form-action 'none'; style-src " + hash(css) + "; script-src " + hash(js),
		template.CSS(css), template.JS(js), data,
	})
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// encode writes a trace as JSON for a script element: there is no < in it, and what does not show in its texts is written so that it does.
func encode(t *trace.Trace) ([]byte, error) {
	copied := *t
	copied.Replay = trace.Replay{Check: t.Replay.Check, Status: t.Replay.Status}
	text, err := json.Marshal(copied)
	if err != nil {
		return nil, err
	}
	var all any
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	return json.Marshal(shown(all))
}

// shown makes all that is in a text visible, in whatever has texts.
func shown(value any) any {
	switch value := value.(type) {
	case string:
		return visible.Text(value)
	case []any:
		for i := range value {
			value[i] = shown(value[i])
		}
	case map[string]any:
		for key := range value {
			value[key] = shown(value[key])
		}
	}
	return value
}
