package page_test

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/needs"
	"lockstep/harness/trace"
)

// A tab is a page in Chromium.
type tab struct {
	t   *testing.T
	ctx context.Context
	url string

	mu      sync.Mutex // guards the fields below
	trouble []string   // dialogs, exceptions, and whatever is on the console
	asked   []string   // for which addresses
}

// open opens the page of these traces as a person would: from the disk.
func open(t *testing.T, width, height int64, traces ...*trace.Trace) *tab {
	t.Helper()
	needs.Time(t)
	file := filepath.Join(t.TempDir(), "run.html")
	require.NoError(t, os.WriteFile(file, []byte(write(t, traces...)), 0o644))
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox) // its own does not work for root, which CI often is
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx, url: "file://" + file}
	err := chromedp.Listen(ctx, b.hear)
	if errors.Is(err, exec.ErrNotFound) {
		needs.LeaveOut(t, "there is no Chromium here: install it: sudo apt install chromium")
	}
	require.NoError(t, err)
	_, err = chromedp.Call(ctx, network.Enable, network.EnableParams{})
	require.NoError(t, err)
	_, err = chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}})
	require.NoError(t, err)
	b.do(chromedp.EmulateViewport(width, height), chromedp.Navigate(b.url))
	return b
}

func (b *tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *page.EventJavascriptDialogOpening:
		b.trouble = append(b.trouble, "dialog: "+e.Message)
	case *runtime.EventExceptionThrown:
		b.trouble = append(b.trouble, "exception: "+e.ExceptionDetails.Text+" "+fmt.Sprint(e.ExceptionDetails.Exception))
	case *runtime.EventConsoleAPICalled:
		b.trouble = append(b.trouble, "console: "+string(e.Type))
	case *log.EventEntryAdded:
		b.trouble = append(b.trouble, "log: "+e.Entry.Text)
	case *network.EventRequestWillBeSent:
		b.asked = append(b.asked, e.Request.URL)
	}
}

func (b *tab) troubles() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.trouble)
}

// calm requires that nothing went wrong so far, and that the page asked for nothing but itself.
func (b *tab) calm() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	assert.Empty(b.t, b.trouble)
	for _, url := range b.asked {
		address, _, _ := strings.Cut(url, "#")
		assert.Contains(b.t, []string{b.url, "about:blank"}, address)
	}
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.ctx, actions...), "trouble: %q", b.troubles())
}

func (b *tab) press(keys ...string) {
	b.t.Helper()
	for _, key := range keys {
		b.do(chromedp.KeyEvent(key))
	}
}

func eval[T any](b *tab, js string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err, "trouble: %q", b.troubles())
	return v
}

// A sight is what a person sees at a stop.
type sight struct {
	Seen  string   `json:"seen"`
	Wrong []string `json:"wrong"`
	Link  string   `json:"link"` // to this stop
}

//go:embed testdata/look.js
var lookJS string

// look looks, and requires that all is well; glance only sees.
func (b *tab) look() sight {
	b.t.Helper()
	s := eval[sight](b, lookJS+"(true)")
	assert.Empty(b.t, s.Wrong, "at %s", s.Link)
	return s
}

func (b *tab) glance() sight { b.t.Helper(); return eval[sight](b, lookJS+"(false)") }

func (b *tab) text(css string) string {
	b.t.Helper()
	return eval[string](b, "document.querySelector(`"+css+"`).innerText")
}

// at is how the place is called at the foot of the page.
func (b *tab) at() string { b.t.Helper(); return b.text("#pos") }

// walk goes from the first stop to the end by a key, and looks at each stop. It returns them.
func (b *tab) walk(on string) []sight {
	b.t.Helper()
	b.press(kb.Home)
	all := []sight{b.look()}
	for b.at() != "end" {
		b.press(on)
		all = append(all, b.look())
		require.Less(b.t, len(all), 100)
	}
	return all
}

// back goes back by a key, and requires that each stop is seen as it was.
func (b *tab) back(key string, stops []sight) {
	b.t.Helper()
	for _, want := range slices.Backward(stops[:len(stops)-1]) {
		b.press(key)
		require.Equal(b.t, want.Seen, b.glance().Seen, "back at %s", want.Link)
	}
}

var sizes = []struct{ width, height int64 }{{1280, 720}, {1920, 1080}, {390, 844}}

func TestEachStopThereAndBack(t *testing.T) {
	for _, name := range []string{"race", "between", "lost", "lookup", "deadlock", "crowd", "two"} {
		t.Run(name, func(t *testing.T) {
			tr := read(t, name)
			for _, size := range sizes {
				b := open(t, size.width, size.height, tr)
				stops := b.walk(kb.ArrowRight)
				assert.Len(t, stops, len(tr.Runs[0].Steps)+len(tr.Runs[0].Questions)+1)
				b.back(kb.ArrowLeft, stops)
				b.press("l", "f") // dark, and unfolded
				unfolded := b.walk(kb.PageDown)
				if size.width == 1280 {
					b.back(kb.PageUp, unfolded)
					b.press("l", "f")
					for _, s := range stops { // a link opens its stop, whatever was there before
						eval[any](b, fmt.Sprintf(`new Promise((done) => {
							if (location.hash === %[1]q) return done();
							addEventListener("hashchange", () => done(), {once: true});
							location.hash = %[1]q;
						})`, s.Link))
						require.Equal(t, s.Seen, b.glance().Seen, s.Link)
					}
				}
				b.calm()
			}
		})
	}
}

func TestTwoRunsSideBySide(t *testing.T) {
	for _, size := range sizes[:2] {
		b := open(t, size.width, size.height, read(t, "two"))
		b.press("v", "v")
		stops := b.walk(" ")
		assert.Len(t, stops, 12+1+1)
		b.back(kb.Backspace, stops)
		b.press(kb.Home, "9", kb.Enter)
		assert.Equal(t, "9 / 12", b.at())
		assert.Equal(t, "≠ 9", b.text(".row.cur .no"), "the first difference that a client sees")
		assert.Contains(t, b.text("#say"), "≠")
		assert.Equal(t, 1, eval[int](b, "document.querySelectorAll('.no .vbad').length"))
		boards := 0
		if size.width >= 1600 {
			boards = 2
		}
		assert.Equal(t, boards, eval[int](b, "[...document.querySelectorAll('.lines')].filter((e) => e.checkVisibility()).length"))
		b.press("l")
		b.walk(" ")
		b.calm()
	}
}

func TestALinkOpensItsStop(t *testing.T) {
	b := open(t, 1280, 720, read(t, "race"), read(t, "two"))
	for hash, place := range map[string]string{
		"#step=7": "7 / 18", "#step=end": "end", "#trace=two&step=4": "4 / 8", "#trace=two&step=6q": "?", "#trace=two&view=both&step=11": "11 / 12", "#trace=two&view=1&step=3": "3 / 11",
		"#trace=nobody&step=2": "2 / 18", "#step=1000": "end", "#step=nonsense": "1 / 18", "": "1 / 18",
	} {
		b.do(chromedp.Navigate("about:blank"), chromedp.Navigate(b.url+hash))
		assert.Equal(t, place, b.at(), hash)
		b.look()
	}
	b.do(chromedp.Navigate("about:blank"), chromedp.Navigate(b.url))
	b.press("t", kb.ArrowRight)
	assert.Equal(t, "2 / 8", b.at(), "the next trace")
	assert.Equal(t, "#trace=two&step=2", eval[string](b, "new Promise((done) => setTimeout(() => done(location.hash), 400))"), "the address follows")
	b.calm()
}

func TestFromTheFailureToItsCause(t *testing.T) {
	for name, places := range map[string][]string{
		"race": {"18 / 18", "4 / 18", "18 / 18"}, "crowd": {"19 / 19", "5 / 19", "2 / 19"},
		"deadlock": {"19 / 19", "18 / 19", "16 / 19", "12 / 19"}, // who waits, and who has what they wait for
	} {
		b := open(t, 1280, 720, read(t, name))
		b.press(kb.End)
		for _, place := range places {
			b.press("j")
			assert.Equal(t, place, b.at(), name)
		}
		b.calm()
	}
}

func TestAQuestionIsAnsweredByKey(t *testing.T) {
	b := open(t, 1280, 720, read(t, "two"))
	b.press("6", kb.Enter, kb.ArrowLeft)
	assert.Equal(t, "?", b.at())
	b.press("a")
	assert.Contains(t, b.text(".answers .wrong"), "✗")
	assert.Contains(t, b.text(".answers .right"), "✓")
	b.look()
	b.press(kb.ArrowRight)
	assert.Equal(t, "6 / 8", b.at())
	b.calm()
}

// At the end the same keys show what does not fit, and the cure last.
func TestTheEndIsReadWithAClicker(t *testing.T) {
	b := open(t, 1280, 720, read(t, "race"))
	b.press(kb.End)
	assert.Contains(t, b.text("#card"), "data race on s.log")
	assert.NotContains(t, b.text("#card"), "mu sync.Mutex")
	for range 5 {
		b.press(kb.PageDown)
	}
	assert.Equal(t, "end", b.at())
	assert.Contains(t, b.text("#card"), "mu sync.Mutex")
	b.look()
	b.press(kb.PageUp)
	assert.Equal(t, "18 / 18", b.at())
	b.press("?")
	assert.True(t, eval[bool](b, "document.getElementById('help').open"))
	b.look()
	b.press(kb.Escape)
	b.calm()
}

func TestThePageRunsNothingOfATrace(t *testing.T) {
	attacks := []string{
		`<script>alert(1)</script>`, `</script><script>alert(2)</script>`, `<img src=x onerror=alert(3)>`, `"><svg onload=alert(4)>`, `<!--<script>`, `{{.}}`, "\u2028alert(7)", `javascript:alert(8)`,
	}
	tr, all := read(t, "lost"), strings.Join(attacks, " ")
	r := &tr.Runs[0]
	for i, attack := range attacks {
		r.Steps[i].What, r.Steps[i].Say, r.Steps[i].Switch = attack, attack, attack
	}
	tr.Title, tr.Origin, r.Label, r.Lanes[1].Name, r.Lanes[2].Mark, r.Objects[0].Name = all, all, all, all, all, all
	r.End.Failure.Actual, r.End.Failure.Report = all, strings.Join(attacks, "\n")
	b := open(t, 1280, 720, tr)
	for range r.Steps {
		assert.Equal(t, 0, eval[int](b, "document.querySelectorAll('img, iframe, object, main script, header script').length"))
		b.press(kb.ArrowRight)
	}
	assert.Contains(t, b.text("#card"), "<img src=x onerror=alert(3)>")
	b.calm()
}

func TestLanesInAnotherFileAreNamedAboveTheSource(t *testing.T) {
	tr := read(t, "between")
	r := &tr.Runs[0]
	other := r.Files[0]
	other.ID, other.Path = "other.go", "other.go"
	r.Files = append(r.Files, other)
	last := r.Steps[len(r.Steps)-1].Lane
	for i := range r.Steps {
		if r.Steps[i].Lane != last && r.Steps[i].File != "" {
			r.Steps[i].File = "other.go"
		}
	}
	b := open(t, 1280, 720, tr)
	b.press("1", "0", kb.Enter)
	assert.Contains(t, b.text("#code h2"), "other.go")
	b.press("1", "8", kb.Enter)
	assert.Regexp(t, `^append\.go\s.*other\.go:\d+`, strings.ReplaceAll(b.text("#code h2"), "\n", " "))
	b.look()
	b.calm()
}

// TestThePolicyIsInForce shows that nothing runs, should something slip through after all.
func TestThePolicyIsInForce(t *testing.T) {
	b := open(t, 1280, 720, read(t, "race"))
	assert.False(t, eval[bool](b, `(() => {
		const script = document.createElement("script");
		script.textContent = "window.slipped = true";
		document.body.append(script);
		return new Promise((done) => setTimeout(() => done(window.slipped === true), 100));
	})()`))
	assert.NotEmpty(t, b.troubles(), "the browser says what it refused")
}

func TestOnPaperIsTheWholeRun(t *testing.T) {
	b := open(t, 1280, 720, read(t, "between"))
	b.press("4", kb.Enter)
	_, err := chromedp.Run(b.ctx, chromedp.PrintToPDF())
	require.NoError(t, err)
	assert.Equal(t, "4 / 18", b.at(), "the screen is as it was")
	b.calm()
}
