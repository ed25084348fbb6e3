package report

import (
	"encoding/xml"
	"fmt"
	"io"

	"lockstep/harness/results"
	"lockstep/harness/verdict"
)

// The part of the format that Jenkins, GitLab and the others agree upon; there is no standard
// (github.com/testmoapp/junitxml describes what is in use).
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string       `xml:"classname,attr"`
		Name    string       `xml:"name,attr"`
		Failure *junitReason `xml:"failure"`
		Error   *junitReason `xml:"error"`
	}
	junitReason struct {
		Type    string `xml:"type,attr"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes the results as JUnit XML: a suite for each submission, a case for each check. What the student's
// code did wrong is a failure; what kept the check from running is an error. XML 1.0 has no way to say control characters, and
// results have none.
func JUnit(w io.Writer, r *results.Results) error {
	var all junitSuites
	for _, s := range r.Submissions {
		suite := junitSuite{Name: s.Student + " lab " + s.Lab, Time: fmt.Sprintf("%.3f", s.Seconds)}
		for _, c := range s.Checks {
			test := junitCase{Class: s.Student + ".lab" + s.Lab, Name: c.ID}
			switch c.Status {
			case verdict.Passed:
			case verdict.NotRun:
				test.Error = &junitReason{string(s.Status), results.FirstLine(s.Detail), ""}
				if suite.Errors++; suite.Errors == 1 {
					test.Error.Text = s.Detail // once is enough
				}
			default:
				test.Failure = &junitReason{string(c.Status), c.Title + ": " + results.FirstLine(c.Message), c.Told()}
				suite.Failures++
			}
			suite.Cases = append(suite.Cases, test)
			suite.Tests++
		}
		all.Tests += suite.Tests
		all.Failures += suite.Failures
		all.Errors += suite.Errors
		all.Suites = append(all.Suites, suite)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
