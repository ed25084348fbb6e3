package report

import (
	"slices"
	"strings"
)

// A Student is all that one student handed in.
type Student struct {
	Name        string
	File        string // the name, as every system takes it for a file or a folder; no two students share one
	Submissions []Submission
}

// Students are the students of these results, in order.
func (r *Results) Students() []Student {
	var students []Student
	taken := map[string]bool{} // in lower case: some file systems do not tell A from a
	for all := r.Submissions; len(all) > 0; {
		n := slices.IndexFunc(all, func(s Submission) bool { return s.Student != all[0].Student })
		if n < 0 {
			n = len(all)
		}
		file := fileName(all[0].Student)
		for taken[strings.ToLower(file)] {
			file += "_"
		}
		taken[strings.ToLower(file)] = true
		students = append(students, Student{all[0].Student, file, all[:n]})
		all = all[n:]
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

// fileName is a student's name without what is not allowed in a file's name, or leads elsewhere.
func fileName(student string) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
			return '_'
		}
		return r
	}, student)
	if name = strings.Trim(name, ". "); name == "" {
		return "_"
	}
	return name
}
