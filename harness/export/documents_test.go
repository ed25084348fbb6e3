package export_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/export"
	"lockstep/harness/results"
)

// strict reads a document into a form that has all the fields which its system has documented, and no others.
func strict(t *testing.T, document, into any) []byte {
	t.Helper()
	data, err := export.JSON(document)
	require.NoError(t, err)
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	require.NoError(t, dec.Decode(into))
	assert.NotContains(t, string(data), "/home/teacher", "what went wrong on our side is not for students")
	assert.NotContains(t, string(data), "amira", "a document is for whoever looks at it")
	return data
}

// The fields of gradescope-autograders.readthedocs.io/en/latest/specs/#output-format, but for the leaderboard.
type gradescopeSpec struct {
	Score            *float64       `json:"score"`
	ExecutionTime    float64        `json:"execution_time"`
	Output           string         `json:"output"`
	OutputFormat     string         `json:"output_format"`
	TestOutputFormat string         `json:"test_output_format"`
	TestNameFormat   string         `json:"test_name_format"`
	Visibility       string         `json:"visibility"`
	StdoutVisibility string         `json:"stdout_visibility"`
	ExtraData        map[string]any `json:"extra_data"`
	Tests            []struct {
		Score        *float64       `json:"score"`
		MaxScore     float64        `json:"max_score"`
		Status       string         `json:"status"`
		Name         string         `json:"name"`
		NameFormat   string         `json:"name_format"`
		Number       string         `json:"number"`
		Output       string         `json:"output"`
		OutputFormat string         `json:"output_format"`
		Tags         []string       `json:"tags"`
		Visibility   string         `json:"visibility"`
		ExtraData    map[string]any `json:"extra_data"`
	} `json:"tests"`
}

func TestGradescopeIsAsDocumented(t *testing.T) {
	formats := []string{"text", "html", "simple_format", "md", "ansi"}
	visibilities := []string{"hidden", "after_due_date", "after_published", "visible"}
	for name, s := range of("amira") {
		t.Run(name, func(t *testing.T) {
			var g gradescopeSpec
			strict(t, export.Gradescope(s), &g)
			for _, f := range []string{g.OutputFormat, g.TestOutputFormat, g.TestNameFormat} {
				assert.Contains(t, formats, f)
			}
			assert.Contains(t, visibilities, g.Visibility)
			assert.Contains(t, visibilities, g.StdoutVisibility)
			for _, test := range g.Tests {
				assert.Contains(t, []string{"passed", "failed"}, test.Status)
				assert.Contains(t, formats, test.NameFormat)
				assert.Contains(t, formats, test.OutputFormat)
				assert.Contains(t, visibilities, test.Visibility)
				require.NotNil(t, test.Score)
				assert.LessOrEqual(t, *test.Score, test.MaxScore)
			}
			if s.Status == results.Infra {
				assert.Nil(t, g.Score)
				assert.Empty(t, g.Tests)
				assert.Contains(t, g.Output, "The grading failed")
				return
			}
			require.NotNil(t, g.Score, "required where no test has one")
			assert.EqualValues(t, *s.Score, *g.Score)
		})
	}
}

// The fields of docs/externalGrading.md of github.com/PrairieLearn/PrairieLearn, "Grading results".
type prairielearnSpec struct {
	Gradable     bool     `json:"gradable"`
	Score        *float64 `json:"score"`
	FormatErrors []string `json:"format_errors"`
	Message      string   `json:"message"`
	Output       string   `json:"output"`
	Images       []image  `json:"images"`
	Tests        []struct {
		Name        string   `json:"name"`
		Description string   `json:"description"`
		Points      *float64 `json:"points"`
		MaxPoints   *float64 `json:"max_points"`
		Message     string   `json:"message"`
		Output      string   `json:"output"`
		Images      []image  `json:"images"`
	} `json:"tests"`
}

type image struct {
	Label string `json:"label"`
	URL   string `json:"url"`
}

func TestPrairieLearnIsAsDocumented(t *testing.T) {
	for name, s := range of("amira") {
		t.Run(name, func(t *testing.T) {
			var p prairielearnSpec
			data := strict(t, export.PrairieLearn(s), &p)
			assert.Less(t, len(data), 1_000_000, "1 MB")
			if s.Status != results.Graded {
				assert.False(t, p.Gradable)
				assert.Nil(t, p.Score)
				assert.NotEmpty(t, p.FormatErrors)
				return
			}
			require.NotNil(t, p.Score, "mandatory")
			assert.True(t, *p.Score >= 0 && *p.Score <= 1, *p.Score)
			sum, most := 0.0, 0.0
			for _, test := range p.Tests {
				require.NotNil(t, test.Points, "without them no points are shown at all")
				require.NotNil(t, test.MaxPoints)
				sum += *test.Points
				most += *test.MaxPoints
			}
			assert.InDelta(t, *p.Score, sum/most, 1e-9, "the tests add up to the score")
		})
	}
}

// The fields of schemas/result-v1.schema.json in github.com/foundation50/classroom50; its tests allow more.
type classroom50Spec struct {
	Schema         *string          `json:"schema"`
	Classroom      *string          `json:"classroom"`
	Assignment     *string          `json:"assignment"`
	AssignmentType *string          `json:"assignment_type"`
	Owner          *string          `json:"owner"`
	Submission     *string          `json:"submission"`
	Commit         *string          `json:"commit"`
	Release        *string          `json:"release"`
	Review         *string          `json:"review"`
	Datetime       *string          `json:"datetime"`
	GradedAt       *string          `json:"graded_at"`
	Score          *int             `json:"score"`
	MaxScore       *int             `json:"max-score"`
	Tests          []map[string]any `json:"tests"`
}

func TestClassroom50IsAsDocumented(t *testing.T) {
	instant := regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$`)
	origin := export.Origin{
		Classroom: "cs", Assignment: "append", Type: "individual", Owner: "octo", Submission: "submit/2026-06-01T14-32-05Z-a1b2c3d",
		Commit: "https://example.org/c", Release: "https://example.org/r", Handed: time.Date(2026, 6, 1, 16, 32, 5, 0, time.FixedZone("", 7200)), Graded: time.Now(),
	}
	for name, s := range of("amira") {
		t.Run(name, func(t *testing.T) {
			var c classroom50Spec
			strict(t, export.Classroom50(s, origin), &c)
			for _, text := range []*string{c.Schema, c.Classroom, c.Assignment, c.AssignmentType, c.Owner, c.Submission, c.Commit, c.Release, c.Review, c.Datetime} {
				require.NotNil(t, text, "required")
				assert.NotEmpty(t, *text)
			}
			assert.Equal(t, "classroom50/result/v1", *c.Schema)
			assert.Contains(t, []string{"individual", "group"}, *c.AssignmentType)
			assert.Regexp(t, "^submit/", *c.Submission)
			assert.Equal(t, *c.Commit, *c.Review, "when there is nothing to compare")
			assert.Equal(t, "2026-06-01T14:32:05Z", *c.Datetime)
			assert.Regexp(t, instant, *c.GradedAt)
			require.NotNil(t, c.Tests)
			score, most := 0, 0
			for _, test := range c.Tests {
				assert.NotEmpty(t, test["test-name"])
				assert.IsType(t, true, test["passed"])
				got, max := int(test["score"].(float64)), int(test["max-score"].(float64))
				assert.LessOrEqual(t, got, max)
				score, most = score+got, most+max
			}
			assert.Equal(t, score, *c.Score, "the sum of the tests")
			assert.Equal(t, most, *c.MaxScore)
			if s.Status == results.Infra {
				assert.Equal(t, 0, *c.MaxScore, "0 of 0 is not 0 of 100")
			} else {
				assert.Equal(t, *s.Score, *c.Score)
				assert.Equal(t, 100, *c.MaxScore)
			}
		})
	}
}

func TestDocumentsReadAsRecorded(t *testing.T) {
	some := of("amira")["some failed"]
	for name, document := range map[string]any{
		"gradescope.golden.json": export.Gradescope(some), "prairielearn.golden.json": export.PrairieLearn(some),
		"classroom50.golden.json": export.Classroom50(some, export.Origin{Type: "individual"}),
	} {
		data, err := export.JSON(document)
		require.NoError(t, err)
		golden(t, name, string(data))
	}
}
