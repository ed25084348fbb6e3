package report

import (
	"bytes"
	_ "embed"
	"html/template"
	"io"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"lockstep/harness/lab"
	"lockstep/harness/results"
)

var (
	//go:embed page/feedback.html
	feedbackHTML string
	//go:embed page/feedback.css
	feedbackCSS string

	feedbackTemplate = template.Must(template.New("feedback").Parse(feedbackHTML))

	// markdown leaves HTML in the text out, and links that would run a script: that is goldmark's default.
	markdown = goldmark.New(goldmark.WithExtensions(extension.Table))
)

// FeedbackHTML writes what [Feedback] says as a piece of HTML, for a page of one's own.
func FeedbackHTML(w io.Writer, labs []*lab.Lab, submissions []results.SubmissionResult) error {
	var b bytes.Buffer
	Feedback(&b, labs, submissions)
	return markdown.Convert(b.Bytes(), w)
}

// FeedbackPage writes the same as a page for the browser.
func FeedbackPage(w io.Writer, labs []*lab.Lab, s results.Student) error {
	var b bytes.Buffer
	if err := FeedbackHTML(&b, labs, s.Submissions); err != nil {
		return err
	}
	return feedbackTemplate.Execute(w, struct {
		Student, Policy string
		CSS             template.CSS
		Body            template.HTML
	}{s.Name, policy(feedbackCSS, ""), template.CSS(feedbackCSS), template.HTML(b.String())})
}
