// Package resultstest, of the grader, has a lab and results of it, for tests.
package resultstest

import (
	"lockstep/harness/lab"
	"lockstep/harness/results"
	"lockstep/harness/verdict"
)

// Echo is a lab with two core checks and a bonus one.
var Echo = &lab.Lab{
	ID:    "09",
	Title: "Echo: what is said comes back",
	Files: []string{"echo.go", "more.go"},
	Checks: []lab.Check{
		{
			Name: "TestEcho", Title: "every byte comes back", Part: "09a", Points: 60, Concept: "streams",
			Hints: []string{"How many bytes were read?", "Read says how many.", "Write p[:n], not p."},
		},
		{
			Name: "TestLeaves", Title: "no goroutine stays", Points: 40, Concept: "goroutines-that-end",
			Hints: []string{"Who ends it?", "Close the connection."},
		},
		{
			Name: "TestQuick", Title: "a slow client delays nobody", Part: "09b", Points: 5, Bonus: true, Concept: "a-goroutine-per-client",
			Hints: []string{"Who waits for whom?", "Start a goroutine.", "go s.handle(conn)"},
		},
	},
}

// Became gives the checks of Echo these statuses, in order.
func Became(statuses ...verdict.Status) []results.CheckResult {
	messages := map[verdict.Status]string{
		verdict.Failed: "echo_test.go:12: client 1 said \"hello\"\n    and heard \"hel\"\n",
		verdict.Leaked: "goroutines of your server are still there:\n  (*Server).handle waits for its client to send, at echo.go:31\n",
		verdict.Raced:  "two goroutines use n at once",
	}
	var all []results.CheckResult
	for i, s := range statuses {
		all = append(all, results.Of(Echo.Checks[i], s, messages[s], verdict.Explored{}))
	}
	return all
}

// By is Echo's submission by a student, whose checks became this.
func By(student string, statuses ...verdict.Status) results.SubmissionResult {
	s := results.Judged(student, Echo, Became(statuses...))
	s.Seconds = 2.5
	return s
}
