package export_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/export"
	"lockstep/harness/results"
	"lockstep/harness/verdict"
	"lockstep/harness/visible"
)

const canvasBook = `Student,ID,SIS User ID,SIS Login ID,Section,Lab 4: append (12345),Lab 14 (12346),Quiz 4 (12347),Lab 4 Current Score,Final Score
,,,,,Manual Posting,,,,
    Points Possible,,,,,10,100,5,(read only),(read only)
"Khan, Amira",11,S1,amira@example.org,"Net, 1",,,3,1,50
"Stone, Ben",12,S2,ben,Net,7,,,1,
"Stone, Ben",13,S3,ben2,Net,,,,1,
"Doe, Chris",14,S4,chris,Net,EX,,,1,
"Kim, Dora",15,S5,dora,Net,4.5,,,1,
"=cmd(), x",16,S6,eve,Net,2,,,1,
`

func at(student, lab string, s results.SubmissionResult) results.SubmissionResult {
	s.Student, s.Lab = student, lab
	return s
}

func TestCanvasGradebookIsFilledIn(t *testing.T) {
	all, some := by("", passed, passed, passed), by("", passed, verdict.Failed, passed)
	infra := results.Unjudged("", echo, results.Infra, "")
	r := results.New([]results.SubmissionResult{
		at("khanamira", "04", some), at("S2", "04", all), at("Ben Stone", "04", all), at("chris", "04", all), at("dora", "04", infra),
		at("zoe", "04", all), at("khanamira", "05", all),
	}, 1)
	var b strings.Builder
	sum, err := export.Canvas(&b, strings.NewReader(canvasBook), r, nil)
	require.NoError(t, err)
	assert.Equal(t, 2, sum.Filled)
	assert.ElementsMatch(t, []string{
		"lab 05: 0 columns have it in their name; say --column 05=NAME",
		"Ben Stone: fits 2 rows of the gradebook", "zoe: nobody in the gradebook is called so",
		"chris 04: excused", "dora 04: no score (infra)",
	}, sum.Left)
	want := strings.Replace(canvasBook, `"Net, 1",,`, `"Net, 1",6,`, 1)
	want = strings.Replace(want, "ben,Net,7,", "ben,Net,10,", 1)
	assert.Equal(t, rows(t, want, ','), rows(t, b.String(), ','))
}

// rows are the cells of a file; how they are quoted does not matter.
func rows(t *testing.T, text string, comma rune) [][]string {
	t.Helper()
	c := csv.NewReader(strings.NewReader(text))
	c.Comma, c.FieldsPerRecord = comma, -1
	all, err := c.ReadAll()
	require.NoError(t, err)
	return all
}

func TestCanvasStudentsAreFoundByEachOfTheirNames(t *testing.T) {
	for _, name := range []string{"amira@example.org", "AMIRA@example.org", "S1", "11", "Khan, Amira", "Amira Khan", "amira  khan", "khanamira"} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			sum, err := export.Canvas(&b, strings.NewReader(canvasBook), results.New([]results.SubmissionResult{by(visible.Name(name), passed, passed)}, 1), nil)
			require.NoError(t, err)
			assert.Empty(t, sum.Left)
			assert.Equal(t, "10", rows(t, b.String(), ',')[3][5])
		})
	}
	var b strings.Builder
	sum, err := export.Canvas(&b, strings.NewReader(canvasBook), results.New([]results.SubmissionResult{by("khanamira", passed), by("S1", passed)}, 1), nil)
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"S1: fits the same row of the gradebook as khanamira", "khanamira: fits the same row of the gradebook as S1"}, sum.Left)
	assert.Equal(t, rows(t, canvasBook, ','), rows(t, b.String(), ','))
}

func TestCanvasColumns(t *testing.T) {
	r := results.New([]results.SubmissionResult{by("dora", passed, passed)}, 1)
	twice := strings.Replace(canvasBook, "Quiz 4 (12347)", "LAB 04 again (12347)", 1)
	for _, c := range []struct {
		name, book string
		columns    map[string]string
		cell       int    // that has the grade
		want       string // or what is wrong
	}{
		{"found by its number", canvasBook, nil, 5, "10"},
		{"named", canvasBook, map[string]string{"04": "Quiz 4 (12347)"}, 7, "5"},
		{"named, of two", twice, map[string]string{"04": "Lab 4: append (12345)"}, 5, "10"},
		{"two", twice, nil, 0, "lab 04: 2 columns have it in their name; say --column 04=NAME"},
		{"named, and not there", canvasBook, map[string]string{"04": "Lab 9"}, 0, `the gradebook has no column "Lab 9" for lab 04; it has: Student, ID`},
		{"read only", canvasBook, map[string]string{"04": "Final Score"}, 0, `the column "Final Score" is not one that grades can be put into`},
		{"not an assignment", canvasBook, map[string]string{"04": "Section"}, 0, `the column "Section" is not one`},
		{"no gradebook", "a,b\n1,2\n", nil, 0, "the gradebook has no columns Student and ID"},
		{"no points", "Student,ID,Section\nx,1,2\n", nil, 0, "the gradebook has no row Points Possible"},
		{"empty", "", nil, 0, "the gradebook: it is empty"},
		{"no CSV", "a,\"b\nc", nil, 0, "the gradebook: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			sum, err := export.Canvas(&b, strings.NewReader(c.book), r, c.columns)
			switch {
			case c.cell > 0:
				require.NoError(t, err)
				assert.Equal(t, c.want, rows(t, b.String(), ',')[7][c.cell])
			case err != nil:
				assert.ErrorContains(t, err, c.want)
			default:
				assert.Contains(t, sum.Left, c.want)
			}
		})
	}
}

func TestGradebooksKeepTheirForm(t *testing.T) {
	r := results.New([]results.SubmissionResult{by("dora", passed, passed)}, 1)
	book := "\uFEFF" + strings.ReplaceAll(strings.ReplaceAll("Student,ID,SIS Login ID,Section,Lab 4 (1)\nPoints Possible,,,,\"12,5\"\nKim,15,dora,Net,\n", ",", ";"), "\n", "\r\n")
	book = strings.Replace(book, "12;5", "12,5", 1)
	var b strings.Builder
	_, err := export.Canvas(&b, strings.NewReader(book), r, nil)
	require.NoError(t, err)
	assert.Equal(t, strings.Replace(book, "Net;", "Net;12.5", 1), b.String())
}

const moodleSheet = `Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,Last modified (submission),Last modified (grade),Feedback comments
Participant 101,Amira Khan,amira@example.org,Submitted for grading,,100.00,Yes,"Monday, 1 June 2026, 2:32 PM",-,
Participant 102,Ben Stone,ben@example.org,Submitted for grading,50.00,50.00,Yes,-,-,old
Participant 103,Chris Doe,chris@example.org,Submitted for grading,,100.00,No,-,-,
Participant 104,Dora Kim,dora@example.org,Submitted for grading,12.00,100.00,Yes,-,-,kept
Participant 105,=cmd(),eve@example.org,No submission,,100.00,Yes,-,-,
`

func TestMoodleWorksheetIsFilledIn(t *testing.T) {
	some := by("", passed, verdict.Failed, passed)
	r := results.New([]results.SubmissionResult{
		at("Amira Khan", "04", some), at("ben@example.org", "04", some), at("103", "04", some), at("Participant 104", "04", results.Unjudged("", echo, results.Infra, "")),
		at("zoe", "04", some), at("=cmd()", "05", some),
	}, 1)
	var b strings.Builder
	sum, err := export.Moodle(&b, strings.NewReader(moodleSheet), r, echo)
	require.NoError(t, err)
	assert.Equal(t, 2, sum.Filled)
	assert.ElementsMatch(t, []string{
		"zoe: nobody in the gradebook is called so", "103 04: Moodle says that the grade cannot be changed", "Participant 104 04: no score (infra)",
	}, sum.Left)
	got := rows(t, b.String(), ',')
	want := rows(t, moodleSheet, ',')
	for i, points := range map[int]string{1: "60", 2: "30"} {
		assert.Equal(t, points, got[i][4])
		assert.Contains(t, got[i][9], "<h1>Lab 04: Echo")
		assert.Contains(t, got[i][9], "&lt;/script&gt;&lt;b&gt;")
		assert.NotContains(t, got[i][9], "Amira")
		want[i][4], want[i][9] = got[i][4], got[i][9]
	}
	assert.Equal(t, want, got, "the rest is as it was")
}

func TestMoodleWorksheetsThatCannotBeFilledIn(t *testing.T) {
	r := results.New([]results.SubmissionResult{by("Amira Khan", passed, passed)}, 1)
	for _, c := range []struct{ name, sheet, want string }{
		{"other file", "a,b\n1,2\n", "the worksheet has no columns Identifier, Grade"},
		{"empty", "", "the worksheet: it is empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := export.Moodle(&strings.Builder{}, strings.NewReader(c.sheet), r, echo)
			assert.ErrorContains(t, err, c.want)
		})
	}
	var b strings.Builder
	sum, err := export.Moodle(&b, strings.NewReader("Identifier,Full name,Grade,Last modified (grade)\nParticipant 1,Amira Khan,,-\n"), r, echo)
	require.NoError(t, err)
	assert.Equal(t, 1, sum.Filled, "without comments, the grade alone")
	assert.Len(t, sum.Left, 1)
	assert.Equal(t, "Identifier,Full name,Grade,Last modified (grade)\nParticipant 1,Amira Khan,100,-\n", b.String())
}

// What a spreadsheet would take for a number or a formula finds its row, and leaves the gradebook as it came there.
func TestIDsThatLookLikeNumbersAreFound(t *testing.T) {
	for _, id := range []string{"-5", "+7", "007", "=1+1", "@x", "1e5", "＝1", `CS\eva`, "a;b", "\u202ea"} {
		t.Run(id, func(t *testing.T) {
			for _, comma := range []string{",", ";"} {
				book := strings.ReplaceAll("Student,ID,SIS User ID,Section,Lab 4 (1)\nPoints Possible,,,,100\n\"Kim\",15,\""+id+"\",Net,\n\"Kim 2\",16,7,Net,\n", ",", comma)
				var b strings.Builder
				sum, err := export.Canvas(&b, strings.NewReader(book), results.New([]results.SubmissionResult{by(visible.Name(id), passed, passed, passed)}, 1), nil)
				require.NoError(t, err)
				assert.Empty(t, sum.Left)
				want := rows(t, book, rune(comma[0]))
				want[2][4] = "100"
				assert.Equal(t, want, rows(t, b.String(), rune(comma[0])))
			}
		})
	}
}

// macOS writes an accent as a character of its own into the names of files.
func TestNamesWithAccentsAreMatchedHoweverTheyAreWritten(t *testing.T) {
	book := strings.ReplaceAll(canvasBook, "Khan, Amira", "\u00d6z, Amira")
	var b strings.Builder
	sum, err := export.Canvas(&b, strings.NewReader(book), results.New([]results.SubmissionResult{by("Amira O\u0308z", passed)}, 1), nil)
	require.NoError(t, err)
	assert.Empty(t, sum.Left)
}
