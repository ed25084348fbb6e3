package report

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"

	"lockstep/harness/lab"
	"lockstep/harness/results"
	"lockstep/harness/verdict"
)

// report.html is one file, which asks the network for nothing. Its policy lets the browser run this script
// and this style, and none that a student has brought in.
var (
	//go:embed page/report.html
	pageHTML string
	//go:embed page/report.css
	pageCSS string
	//go:embed page/report.js
	pageJS string

	pageTemplate = template.Must(template.New("report").Parse(pageHTML))
)

// Page writes the report of a class as a page for the browser: what the class fails most, and each
// verdict with its message. labs are for titles.
func Page(w io.Writer, labs []*lab.Lab, r *results.Results) error {
	p := page{
		Go:        r.Go,
		Sandbox:   r.Sandbox,
		Unsteered: r.Unsteered,
		CSS:       template.CSS(pageCSS),
		JS:        template.JS(pageJS),
		Policy:    policy(pageCSS, pageJS),
	}
	p.fill(labs, r)
	return pageTemplate.Execute(w, p)
}

// policy is a Content-Security-Policy that allows this style, and this script if there is one.
func policy(css, js string) string {
	text := "default-src 'none'; base-uri 'none'; form-action 'none'; style-src " + hash(css)
	if js != "" {
		text += "; script-src " + hash(js)
	}
	return text
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// A page is what the template fills in.
type page struct {
	Go        string
	Sandbox   *results.Confinement // nil if it is not known
	Unsteered string               // why no schedules were searched, if so
	CSS       template.CSS
	JS        template.JS
	Policy    string

	Counts []count
	Labs   []labSummary
	Rows   []scoreRow
	Data   *pageData
}

type count struct {
	Name string
	N    int
	Bad  bool // worth a look if there is any
}

// A labSummary is how a class did in one lab. Submissions without a score are not in mean, median and bars.
type labSummary struct {
	ID, Title    string
	Submissions  int
	Scored       int
	Mean, Median string
	Bars         []bar // 0 to 9, 10 to 19, ..., 90 to 99, all
}

type bar struct {
	X, Y, Height int
	Title        string
}

// A scoreRow is one student in the table of scores.
type scoreRow struct {
	Name  string
	Cells []scoreCell
}

type scoreCell struct {
	Text  string
	Bonus int
	Class string // full, part, none, or empty for no submission
}

// pageData is what the script makes heat maps of. Texts are there once, however many share them, and are named
// by their place in Texts.
type pageData struct {
	Texts       []string   `json:"texts"`
	Statuses    []string   `json:"statuses"`
	Students    []string   `json:"students"`
	Labs        []pageLab  `json:"labs"`
	Submissions []pageItem `json:"submissions"`
}

type pageLab struct {
	ID     string      `json:"id"`
	Title  string      `json:"title"`
	Checks []pageCheck `json:"checks"` // what the class fails most comes first
}

type pageCheck struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Max    int    `json:"max"`
	Bonus  bool   `json:"bonus"`
	Failed int    `json:"failed"`
	Ran    int    `json:"ran"`
}

type pageItem struct {
	Student int                      `json:"student"`
	Lab     int                      `json:"lab"`
	Status  results.SubmissionStatus `json:"status"`
	Points  string                   `json:"points"`  // or the status, if there are none
	Outcome string                   `json:"outcome"` // the same in words
	Detail  int                      `json:"detail"`  // -1 for none
	Checks  []pageCell               `json:"checks"`  // in the lab's order
}

// A pageCell is [status, message, hint, link]; -1 is none, and a status of -1 a check that this submission does not have.
type pageCell [4]int

func (p *page) fill(labs []*lab.Lab, r *results.Results) {
	students := r.Students()
	t := &texts{at: map[string]int{}}
	p.Data = &pageData{Students: []string{}, Labs: []pageLab{}, Submissions: []pageItem{}}
	statuses := verdict.Statuses()
	for _, s := range statuses {
		p.Data.Statuses = append(p.Data.Statuses, string(s))
	}
	ids := r.Labs()
	for _, id := range ids {
		var in []results.SubmissionResult
		for _, s := range r.Submissions {
			if s.Lab == id {
				in = append(in, s)
			}
		}
		title := titleOf(labs, id)
		p.Labs = append(p.Labs, summary(id, title, in))
		p.Data.Labs = append(p.Data.Labs, pageLab{ID: id, Title: title, Checks: ranked(in)})
	}
	for i, student := range students {
		p.Data.Students = append(p.Data.Students, student.Name)
		row := scoreRow{Name: student.Name, Cells: make([]scoreCell, len(ids))}
		for _, s := range student.Submissions {
			at := slices.Index(ids, s.Lab)
			row.Cells[at] = score(s)
			item := pageItem{Student: i, Lab: at, Status: s.Status, Points: points(s), Outcome: s.Outcome(), Detail: t.add(detail(s))}
			for _, c := range p.Data.Labs[at].Checks {
				cell := pageCell{-1, -1, -1, -1}
				if n := slices.IndexFunc(s.Checks, func(o results.CheckResult) bool { return o.ID == c.ID }); n >= 0 {
					o := s.Checks[n]
					cell = pageCell{slices.Index(statuses, o.Status), t.add(o.Told()), t.add(o.Hint), t.add(o.Page)}
				}
				item.Checks = append(item.Checks, cell)
			}
			p.Data.Submissions = append(p.Data.Submissions, item)
		}
		p.Rows = append(p.Rows, row)
	}
	p.Data.Texts = t.all
	p.Counts = counts(len(students), r)
}

// texts keeps each text once.
type texts struct {
	all []string
	at  map[string]int
}

func (t *texts) add(text string) int {
	if text == "" {
		return -1
	}
	n, ok := t.at[text]
	if !ok {
		n = len(t.all)
		t.at[text] = n
		t.all = append(t.all, text)
	}
	return n
}

func titleOf(labs []*lab.Lab, id string) string {
	for _, l := range labs {
		if l.ID == id {
			return l.Title
		}
	}
	return ""
}

// detail says why a submission was not judged.
func detail(s results.SubmissionResult) string {
	if lines := s.Findings(); len(lines) > 0 {
		return strings.Join(lines, "\n")
	}
	return s.Detail
}

// ranked are the checks of a lab's submissions, those that fail most first. A check that was not run says
// nothing about the class.
func ranked(in []results.SubmissionResult) []pageCheck {
	checks := []pageCheck{}
	for _, s := range in {
		for _, c := range s.Checks {
			at := slices.IndexFunc(checks, func(o pageCheck) bool { return o.ID == c.ID })
			if at < 0 {
				at = len(checks)
				checks = append(checks, pageCheck{ID: c.ID, Title: c.Title, Max: c.Max, Bonus: c.Bonus})
			}
			if c.Status != verdict.NotRun {
				checks[at].Ran++
				if c.Status != verdict.Passed {
					checks[at].Failed++
				}
			}
		}
	}
	slices.SortStableFunc(checks, func(a, b pageCheck) int { return cmp.Compare(b.Failed, a.Failed) })
	return checks
}

func counts(students int, r *results.Results) []count {
	n := map[results.SubmissionStatus]int{}
	tampered := 0
	for _, s := range r.Submissions {
		n[s.Status]++
		if slices.ContainsFunc(s.Checks, func(c results.CheckResult) bool { return c.Status == verdict.Tampered }) {
			tampered++
		}
	}
	return []count{
		{"students", students, false}, {"submissions", len(r.Submissions), false}, {"graded", n[results.Graded], false},
		{"not compiled", n[results.NotCompiled], false}, {"rejected", n[results.Rejected], true}, {"tampered", tampered, true}, {"infra", n[results.Infra], true},
	}
}

// The picture of a distribution, in its own units: eleven bars of 14, 2 apart.
const (
	barStep   = 16
	barHeight = 36
)

func summary(id, title string, in []results.SubmissionResult) labSummary {
	l := labSummary{ID: id, Title: title, Submissions: len(in), Mean: "–", Median: "–"}
	var scores []int
	var n [11]int
	sum := 0
	for _, s := range in {
		if s.Score == nil || s.Max == 0 {
			continue
		}
		scores = append(scores, *s.Score)
		sum += *s.Score
		n[max(0, min(10, *s.Score*10/s.Max))]++
	}
	l.Scored = len(scores)
	if l.Scored > 0 {
		slices.Sort(scores)
		l.Mean = fmt.Sprintf("%.1f", float64(sum)/float64(l.Scored))
		l.Median = fmt.Sprintf("%.1f", float64(scores[(l.Scored-1)/2]+scores[l.Scored/2])/2)
	}
	most := max(1, slices.Max(n[:]))
	for i, count := range n {
		height := (count*barHeight + most - 1) / most
		from := fmt.Sprintf("%d to %d %%", i*10, i*10+9)
		if i == 10 {
			from = "100 %"
		}
		l.Bars = append(l.Bars, bar{i * barStep, barHeight - height, height, fmt.Sprintf("%s: %d", from, count)})
	}
	return l
}

func points(s results.SubmissionResult) string {
	switch {
	case s.Status != results.Graded || s.Score == nil:
		return strings.ReplaceAll(string(s.Status), "_", " ")
	case s.Bonus > 0:
		return fmt.Sprintf("%d + %d", *s.Score, s.Bonus)
	}
	return strconv.Itoa(*s.Score)
}

func score(s results.SubmissionResult) scoreCell {
	if s.Score == nil {
		return scoreCell{Text: string(s.Status), Class: "infra"}
	}
	c := scoreCell{Text: strconv.Itoa(*s.Score), Bonus: s.Bonus, Class: "none"}
	switch {
	case *s.Score >= s.Max:
		c.Class = "full"
	case *s.Score > 0:
		c.Class = "part"
	}
	return c
}
