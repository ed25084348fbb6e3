//go:build linux

package report_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/lab"
	"lockstep/harness/needs"
	"lockstep/harness/report"
	"lockstep/harness/results"
	"lockstep/harness/verdict"
	"lockstep/harness/visible"
)

// A tab is a page in Chromium.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu      sync.Mutex // guards the field below
	trouble []string   // dialogs, exceptions, and what the page's policy has refused
}

// open opens report.html of these results as a person would: from the disk.
func open(t *testing.T, r *results.Results) *tab {
	t.Helper()
	needs.Time(t)
	file, err := os.Create(filepath.Join(t.TempDir(), "report.html"))
	require.NoError(t, err)
	require.NoError(t, report.Page(file, []*lab.Lab{echo}, r))
	require.NoError(t, file.Close())
	// Chromium's own sandbox does not work for root, which CI often is.
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.WindowSize(1280, 900))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, time.Minute)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx}
	err = chromedp.Listen(ctx, b.hear)
	if errors.Is(err, exec.ErrNotFound) {
		needs.LeaveOut(t, "there is no Chromium here: install it: sudo apt install chromium")
	}
	require.NoError(t, err)
	b.do(chromedp.Navigate("file://"+file.Name()), chromedp.ScrollIntoView(chromedp.CSS("#checks")),
		wait(".map td.s"))
	return b
}

func (b *tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *page.EventJavascriptDialogOpening:
		b.trouble = append(b.trouble, "dialog: "+e.Message)
	case *runtime.EventExceptionThrown:
		b.trouble = append(b.trouble, "exception: "+e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		b.trouble = append(b.trouble, "log: "+e.Entry.Text)
	}
}

func (b *tab) troubles() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.trouble
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.ctx, actions...), "trouble: %q", b.troubles())
}

// click clicks what it names, wait waits until it is seen.
func click(css string) chromedp.Action[chromedp.Void] { return chromedp.Click(chromedp.CSS(css)) }
func wait(css string) chromedp.Action[chromedp.Void]  { return chromedp.WaitVisible(chromedp.CSS(css)) }

// gone waits until it is seen no more.
func gone(css string) chromedp.Action[chromedp.Void] {
	return chromedp.WaitNotVisible(chromedp.CSS(css))
}

// text is what a person reads there.
func (b *tab) text(css string) string {
	b.t.Helper()
	return eval[string](b, "document.querySelector(`"+css+"`).innerText")
}

// count counts what is there and is seen.
func (b *tab) count(css string) int {
	b.t.Helper()
	return eval[int](b, "[...document.querySelectorAll(`"+css+"`)].filter(e => e.checkVisibility()).length")
}

func eval[T any](b *tab, js string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err, "trouble: %q", b.troubles())
	return v
}

func TestPageShowsEachVerdict(t *testing.T) {
	b := open(t, class())
	assert.Equal(t, 5, b.count("#lab-09 .map tbody tr"))
	assert.Equal(t, 15, b.count("#lab-09 .map td.s"))
	assert.Equal(t, 9, b.count("#lab-09 .map td.not_run"))
	assert.Equal(t, 5, b.count(".scores tbody tr"))
	assert.Equal(t, "no goroutine stays", b.text("#lab-09 .ranking tbody tr:nth-child(1) td"), "what fails most comes first")

	b.do(click("#lab-09 .map td.leaked"), wait("#detail"))
	assert.Equal(t, "amira, lab 09", b.text("#detail-where"))
	assert.Equal(t, "no goroutine stays", b.text("#detail-title"))
	assert.Equal(t, "leaked, 0 of 40 points (TestLeaves)", b.text("#detail-what"))
	assert.Equal(t, "goroutines of your server are still there:\n  (*Server).handle waits for its client to send, at echo.go:31\n", b.text("#detail-message"))
	assert.Equal(t, "Hint: What does the goroutine at that line wait for, and who is to end its wait?", b.text("#detail-hint"))
	assert.Equal(t, "traces/amira-09.html#trace=09-TestLeaves", eval[string](b, "document.querySelector('#detail-run:not([hidden]) a').getAttribute('href')"))
	assert.Empty(t, b.troubles())
}

func TestPageSumsUp(t *testing.T) {
	r := class()
	r.Submissions[1].Checks[0].Status = verdict.Tampered
	b := open(t, r)
	assert.Equal(t, "students 5, submissions 5, graded 2, not compiled 1, rejected 1, tampered 1, infra 1",
		eval[string](b, "[...document.querySelectorAll('.counts div')].map(e => e.children[0].textContent + ' ' + e.children[1].textContent).join(', ')"))
	assert.Equal(t, "09 | Echo: what is said comes back | 5 | 4 | 40.0 | 30.0",
		eval[string](b, "[...document.querySelectorAll('.labs tbody tr:first-child > :not(:last-child)')].map(e => e.textContent).join(' | ')"))
	assert.Equal(t, []string{"0 to 9 %: 2", "60 to 69 %: 1", "100 %: 1"},
		eval[[]string](b, "[...document.querySelectorAll('.labs rect > title')].map(e => e.textContent).filter(s => !s.endsWith(': 0'))"))
}

func TestPageIsPrintedInFull(t *testing.T) {
	var submissions []results.SubmissionResult
	for i := range 60 {
		for _, id := range []string{"08", "09"} {
			s := by(fmt.Sprintf("student%02d", i), passed, passed, passed)
			s.Lab = id
			submissions = append(submissions, s)
		}
	}
	b := open(t, results.New(submissions, 1))
	require.Equal(t, 1, b.count(".map"), "the other one is far from the screen")
	_, err := chromedp.Run(b.ctx, chromedp.PrintToPDF())
	require.NoError(t, err)
	assert.Equal(t, 2, b.count(".map"))
}

func TestPageIsUsedWithTheKeyboard(t *testing.T) {
	b := open(t, class())
	assert.Equal(t, 1, b.count("#lab-09 .map [tabindex='0']"), "one stop for the Tab key")
	b.do(chromedp.Focus(chromedp.CSS("#lab-09 .map [tabindex='0']")),
		chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.Enter), wait("#detail"))
	assert.Equal(t, "amira, lab 09", b.text("#detail-where"))
	assert.Equal(t, "no goroutine stays", b.text("#detail-title"))
	b.do(chromedp.KeyEvent(kb.Escape), gone("#detail"))
	assert.Equal(t, "leaked", eval[string](b, "document.activeElement.getAttribute('aria-label')"), "the focus is back where it was")
	assert.Empty(t, b.troubles())
}

func TestPageIsFilteredByName(t *testing.T) {
	b := open(t, class())
	b.do(chromedp.SendKeys(chromedp.CSS("#filter"), "AMI"))
	assert.Equal(t, 1, b.count(".scores tbody tr"))
	assert.Equal(t, 1, b.count("#lab-09 .map tbody tr"))
	assert.Equal(t, "amira", b.text("#lab-09 .map tbody tr:not([hidden]) th"))
	assert.Equal(t, "1 of 5", b.text("#shown"))
	b.do(chromedp.SendKeys(chromedp.CSS("#filter"), "x"))
	assert.Equal(t, 0, b.count("#lab-09 .map tbody tr"))
	assert.Empty(t, b.troubles())
}

func TestPageRunsNothingThatAStudentBroughtIn(t *testing.T) {
	attacks := []string{
		`<script>alert(1)</script>`, `</script><script>alert(2)</script>`, `<img src=x onerror=alert(3)>`, `"><svg onload=alert(4)>`,
		`' onfocus='alert(5)' autofocus='`, `<!--<script>`, `</style><script>alert(6)</script>`, `{{.}}`, "\u2028alert(7)", `javascript:alert(8)`,
	}
	var submissions []results.SubmissionResult
	for _, attack := range attacks {
		s := by(attack, passed, verdict.Failed, verdict.Raced)
		s.Checks[1].Message, s.Checks[1].Hint, s.Checks[2].Title = attack, attack, attack
		rejected := results.Unjudged(attack, echo, results.NotCompiled, attack)
		rejected.Lab = attack
		submissions = append(submissions, s, rejected)
	}
	b := open(t, results.New(submissions, 1))
	b.do(wait("#lab-09 .map")) // below those of other labs
	var seen []string
	for i := range attacks {
		eval[any](b, fmt.Sprintf("document.querySelectorAll('#lab-09 .map td.failed')[%d].click()", i))
		b.do(wait("#detail"))
		seen = append(seen, eval[string](b, "document.getElementById('detail-message').textContent"))
		assert.Equal(t, seen[i]+", lab 09", eval[string](b, "document.getElementById('detail-where').textContent"))
		b.do(chromedp.KeyEvent(kb.Escape), gone("#detail"))
	}
	for i, attack := range attacks {
		attacks[i] = visible.Text(attack)
	}
	assert.ElementsMatch(t, attacks, seen)
	assert.Empty(t, b.troubles())
	assert.Equal(t, 0, b.count("img, iframe, object"))
}

// TestPageAllowsNoOtherScript shows that the policy is in force, should something slip through after all.
func TestPageAllowsNoOtherScript(t *testing.T) {
	b := open(t, class())
	assert.False(t, eval[bool](b, `(() => {
		const script = document.createElement("script");
		script.textContent = "window.slipped = true";
		document.body.append(script);
		const div = document.createElement("div");
		div.innerHTML = "<img src=x onerror='window.slipped = true'>";
		document.body.append(div);
		return new Promise(done => setTimeout(() => done(window.slipped === true), 100));
	})()`))
	assert.NotEmpty(t, b.troubles(), "the browser says what it refused")
}

// TestPageIsFastForABigClass has 500 students, eight labs and eighteen checks.
func TestPageIsFastForABigClass(t *testing.T) {
	big := &lab.Lab{ID: "01", Title: "big"}
	for i := range 18 {
		c := echo.Checks[0]
		c.Name = "Test" + strings.Repeat("x", i)
		big.Checks = append(big.Checks, c)
	}
	var submissions []results.SubmissionResult
	for i := range 500 {
		for _, id := range []string{"02", "03", "04", "05", "06", "07", "08", "09"} {
			s := results.Unjudged("student"+strings.Repeat("i", i%50)+string(rune('a'+i/50)), big, results.Graded, "")
			s.Lab = id
			for j := range s.Checks {
				s.Checks[j].Status, s.Checks[j].Message = verdict.Failed, "the same message for all"
			}
			submissions = append(submissions, s)
		}
	}
	b := open(t, results.New(submissions, 1))
	assert.Less(t, eval[float64](b, "performance.getEntriesByType('navigation')[0].domComplete"), 10_000.0, "milliseconds to open it")
	took := eval[float64](b, `(() => {
		const start = performance.now();
		const filter = document.getElementById("filter");
		filter.value = "studenta";
		filter.dispatchEvent(new Event("input"));
		document.body.getBoundingClientRect(); // lays it out
		return performance.now() - start;
	})()`)
	assert.Less(t, took, 2_000.0, "milliseconds to filter it")
	assert.Equal(t, 1, b.count(".scores tbody tr"))
	t.Logf("opened in %.0f ms, filtered in %.0f ms", eval[float64](b, "performance.getEntriesByType('navigation')[0].domComplete"), took)
}
