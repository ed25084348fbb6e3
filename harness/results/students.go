package results

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// A Student is all that one student handed in.
type Student struct {
	Name        string
	File        string // the name, as every system takes it for a file or a folder; no system takes two students' for one
	Submissions []SubmissionResult
}

// Files are the names of students as those of files. One that is there twice is one student.
func Files(students []string) map[string]string {
	files, same := map[string]string{}, map[string]int{} // how many have a name that a file system may take for this one
	for _, name := range students {
		if _, ok := files[name]; !ok {
			files[name] = ""
			same[folded(name)]++
		}
	}
	for name := range files {
		files[name] = fileName(name, same[folded(name)] == 1)
	}
	return files
}

// Students are the students of these results, in order.
func (r *Results) Students() []Student {
	var students []Student
	var names []string
	for all := r.Submissions; len(all) > 0; {
		n := slices.IndexFunc(all, func(s SubmissionResult) bool { return s.Student != all[0].Student })
		if n < 0 {
			n = len(all)
		}
		students = append(students, Student{Name: all[0].Student, Submissions: all[:n]})
		names = append(names, all[0].Student)
		all = all[n:]
	}
	files := Files(names)
	for i, s := range students {
		students[i].File = files[s.Name]
	}
	return students
}

// Labs are the labs of these results, in order.
func (r *Results) Labs() []string {
	var ids []string
	for _, s := range r.Submissions {
		ids = append(ids, s.Lab)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// longestFile is how many bytes a student's name may have as a file's. Some file systems take 143 with the extension.
const longestFile = 100

// fileName is a student's name as that of a file. One that some system does not take, or not for this student alone, has
// something behind it that tells whose it is, whoever else is there; no other has the ~ in front of that.
func fileName(student string, alone bool) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|~`, r) || r < ' ' {
			return '_'
		}
		return r
	}, student)
	name = strings.TrimRight(strings.TrimLeft(name, ". -"), ". ") // hidden files, and what rm takes for a flag
	if reserved.MatchString(name) {
		name = "_" + name
	}
	if name == student && len(name) <= longestFile && alone {
		return name
	}
	sum := sha256.Sum256([]byte(student))
	tail := "~" + hex.EncodeToString(sum[:8])
	for len(name)+len(tail) > longestFile {
		_, n := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-n]
	}
	return cmp.Or(name, "_") + tail
}

// reserved are names that are devices to Windows, whatever stands behind a dot.
var reserved = regexp.MustCompile(`(?i)^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|$)`)

// folded is the same for names that some file system does not tell apart: by capital letters, or by how an accent
// or a wide letter is written.
func folded(name string) string {
	return norm.NFKD.String(cases.Fold().String(norm.NFKD.String(name)))
}
