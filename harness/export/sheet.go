package export

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"lockstep/harness/report"
	"lockstep/harness/results"
)

// A sheet is a gradebook: a CSV file that is written again as it came, but for the cells that were set.
type sheet struct {
	rows  [][]string // with the header
	comma rune       // or a semicolon, as spreadsheets write it where the comma is in numbers
	bom   bool
	crlf  bool
}

const bom = "\uFEFF"

func readSheet(r io.Reader) (*sheet, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	s := &sheet{comma: ',', crlf: bytes.Contains(data, []byte("\r\n"))}
	data, s.bom = bytes.CutPrefix(data, []byte(bom))
	header, _, _ := bytes.Cut(data, []byte("\n"))
	if bytes.Count(header, []byte(";")) > bytes.Count(header, []byte(",")) {
		s.comma = ';'
	}
	c := csv.NewReader(bytes.NewReader(data))
	c.Comma = s.comma
	c.FieldsPerRecord = -1
	if s.rows, err = c.ReadAll(); err != nil {
		return nil, err
	}
	if len(s.rows) == 0 {
		return nil, errors.New("it is empty")
	}
	return s, nil
}

func (s *sheet) write(w io.Writer) error {
	if s.bom {
		if _, err := io.WriteString(w, bom); err != nil {
			return err
		}
	}
	return report.WriteCSV(w, s.rows, s.comma, s.crlf)
}

// column is where a column of this name is, or -1.
func (s *sheet) column(name string) int {
	return slices.IndexFunc(s.rows[0], func(have string) bool { return strings.TrimSpace(have) == name })
}

// at is a cell; one that is not there is empty.
func (s *sheet) at(row, column int) string {
	if column < 0 || column >= len(s.rows[row]) {
		return ""
	}
	return s.rows[row][column]
}

// set fills in a cell.
func (s *sheet) set(row, column int, text string) {
	for len(s.rows[row]) <= column {
		s.rows[row] = append(s.rows[row], "")
	}
	s.rows[row][column] = report.Cell(text)
}

// grade is a score out of what a gradebook gives for all, such as 10 or "100,00". Where that is no number, it is the score.
func grade(s results.SubmissionResult, possible string) string {
	all, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(possible), ",", ".", 1), 64)
	if err != nil || all <= 0 || s.Max == 0 {
		return strconv.Itoa(*s.Score)
	}
	number := fmt.Sprintf("%.2f", float64(*s.Score)*all/float64(s.Max))
	return strings.TrimSuffix(strings.TrimRight(number, "0"), ".")
}
