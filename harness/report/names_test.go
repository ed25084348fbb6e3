package report_test

import (
	"encoding/csv"
	"encoding/xml"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/colorprofile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/lab"
	"lockstep/harness/report"
	"lockstep/harness/results"
	"lockstep/harness/visible"
)

// nasty are the pieces that names of folders are made of here.
var nasty = []string{
	"\xff", "\xfe", "\xb1\xe8", "\x1b[2J", "\x1b]0;t\x07", "\u009b31m", "\x7f", "\r", "\n", "\t", "\u202e", "\u2066", "\u200b", "\ufeff", "\u2028", "\u3164", "\ufe0f", "\U000e0041",
	`\`, `\xff`, `\u202e`, "=", "+", "-", "@", "＝", "−", "'", `"`, ";", ",", "|", " ", ".", ":", "*", "?", "<", ">", "&", "~", "a", "A", "ä", "a\u0308", "ﬁ", "fi", "ß", "ss", "con", "COM1", "ﾊ", "ハ",
	"\u0301", "\ufffd", "\uffff", "</script>", "`", "{{.}}", "_", "x", strings.Repeat("y", 90),
}

// drawn are names, all different, that a folder may have.
func drawn(n int) []string {
	r := rand.New(rand.NewPCG(11, 6))
	seen := map[string]bool{}
	var names []string
	for len(names) < n {
		name := ""
		for range 1 + r.IntN(3) {
			name += nasty[r.IntN(len(nasty))]
		}
		if !seen[name] && name != "." && name != ".." {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// harmless says what no report may have in it.
func harmless(t *testing.T, what, text string) {
	t.Helper()
	require.True(t, utf8.ValidString(text), what)
	for at, r := range text {
		if r != '\n' && r != '\t' && unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) {
			t.Errorf("%s has %U: %q", what, r, text[max(0, at-20):at+20])
			return
		}
	}
}

func TestNamesStayApartInEveryReport(t *testing.T) {
	names := drawn(300)
	var submissions []results.SubmissionResult
	for _, name := range names {
		s := results.Unjudged(visible.Name(name), echo, results.NotCompiled, "of "+visible.Name(name)+"\nraw: "+name)
		submissions = append(submissions, s)
	}
	r := results.New(submissions, 1)
	dir := t.TempDir()
	require.NoError(t, report.WriteFolder(dir, []*lab.Lab{echo}, r))

	again, err := results.Read(filepath.Join(dir, "results.json"))
	require.NoError(t, err)
	assert.Equal(t, r, again)
	raw := map[string]bool{}
	for _, s := range again.Submissions {
		name, ok := visible.Raw(s.Student)
		require.True(t, ok)
		raw[name] = true
	}
	for _, name := range names {
		assert.True(t, raw[name], "%q", name)
	}

	read := func(name string) string {
		data, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		harmless(t, name, string(data))
		return string(data)
	}
	files := map[string]bool{}
	for _, s := range again.Students() {
		files[strings.ToLower(s.File)] = true
		assert.LessOrEqual(t, len(s.File), 100)
		for _, ext := range []string{".md", ".html"} {
			read(filepath.Join("feedback", s.File+ext))
		}
		assert.Contains(t, read(filepath.Join("feedback", s.File+".md")), "\nof "+s.Name+"\n", "it is the student's own")
	}
	assert.Len(t, files, len(names))
	read("report.html")

	rows, err := csv.NewReader(strings.NewReader(read("grades.csv"))).ReadAll()
	require.NoError(t, err)
	cells := map[string]bool{}
	for _, row := range rows[1:] {
		cells[row[0]] = true
		require.Len(t, row, 3)
		assert.NotContains(t, "=+-@", row[0][:1])
	}
	assert.Len(t, cells, len(names))

	var suites struct {
		Suites []struct {
			Name string `xml:"name,attr"`
		} `xml:"testsuite"`
	}
	require.NoError(t, xml.Unmarshal([]byte(read("junit.xml")), &suites))
	suite := map[string]bool{}
	for _, s := range suites.Suites {
		suite[s.Name] = true
	}
	assert.Len(t, suite, len(names))

	var table strings.Builder
	report.Table(&colorprofile.Writer{Forward: &table, Profile: colorprofile.NoTTY}, again)
	harmless(t, "the table", table.String())
	assert.Equal(t, len(names), strings.Count(table.String(), "\n"))
}

func TestCellsAreNoFormulas(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"amira", "amira"}, {"", ""}, {"Khan, Amira", "Khan, Amira"}, {"007", "007"}, {"12.5", "12.5"}, {"a=b", "a=b"}, {"'t Hooft", "'t Hooft"},
		{"=1+1", "'=1+1"}, {"+1", "'+1"}, {"-1", "'-1"}, {"@SUM(A1)", "'@SUM(A1)"}, {"\t=1", "'\t=1"}, {"\r=1", "'\r=1"}, {"\n1", "'\n1"}, {"\ta", "'\ta"},
		{" =1", "' =1"}, {"\u00a0=1", "'\u00a0=1"}, {"\x00=1", "'\x00=1"},
		{"＝1", "'＝1"}, {"＋1", "'＋1"}, {"－1", "'－1"}, {"＠a", "'＠a"}, {"﹦1", "'﹦1"}, {"⁺1", "'⁺1"}, {"−1", "'−1"},
		{"'=1", "''=1"}, {"''=1", "'''=1"},
	} {
		assert.Equal(t, row.want, report.Cell(row.text), "%q", row.text)
	}
}

func TestCellsEndWhereTheyEnd(t *testing.T) {
	for _, row := range []struct {
		cells []string
		comma rune
		crlf  bool
		want  string
	}{
		{[]string{"amira", "60", ""}, ',', false, "amira,60,\n"},
		{[]string{"x;=1+1", "0"}, ',', false, "\"x;=1+1\",0\n"},
		{[]string{"x,=1+1", "0"}, ';', false, "\"x,=1+1\";0\n"},
		{[]string{"x\t=1", `a"b`, "c\nd", "e\rf", " g", "h|i"}, ',', false, "\"x\t=1\",\"a\"\"b\",\"c\nd\",\"e\rf\",\" g\",\"h|i\"\n"},
		{[]string{"a\nb", "c"}, ',', true, "\"a\r\nb\",c\r\n"},
		{[]string{""}, ',', false, "\"\"\n"},
	} {
		var b strings.Builder
		require.NoError(t, report.WriteCSV(&b, [][]string{row.cells}, row.comma, row.crlf))
		assert.Equal(t, row.want, b.String())
	}
}
