// Package roster, of the grader, says who is in a class, and whose submission is whose.
//
//	r, err := roster.Read("students.csv")
//	m := r.Match([]string{"khanamira", "Ben Öz"})
//	m.Student["khanamira"] // amira, her login
//
// A roster is a CSV file with a header: Moodle's list of participants, Canvas' gradebook, or one made by
// hand. Names of submissions, and those that a person gets, are as package visible writes them. A submission is matched by id, login, e-mail address or name, and never guessed: one that fits
// nobody, or more than one person, keeps its own name.
package roster

// A Roster is a class.
type Roster struct {
	File   string
	People []Person // in the file's order; no two have the same Key
	index  Index    // of People
}

// A Person is one row.
type Person struct {
	Key  string // what results call this student: the login, or else the id, the e-mail address, the name
	name string // for people; the key if there is none
	Line int
}

// String is the person for people: amira (Amira Khan).
func (p Person) String() string {
	if p.name == p.Key {
		return p.Key
	}
	return p.Key + " (" + p.name + ")"
}

// A Matching says whose the submissions are.
type Matching struct {
	Student map[string]string // what results call a submission, by its name; no two are the same
	Nobody  []string          // submissions that fit nobody
	Unclear []Unclear         // submissions that fit several persons
	Twice   []Twice           // persons whom several submissions fit
	Missing []Person          // whom no submission fits
}

// Unclear is a submission that fits several persons.
type Unclear struct {
	Name   string
	People []Person
}

// Twice is a person whom several submissions fit.
type Twice struct {
	Person Person
	Names  []string
}

// Match finds out whose submissions have these names, all different. What is not clear keeps its own name;
// if that is somebody's key, words behind it tell them apart.
func (r *Roster) Match(names []string) *Matching {
	m := &Matching{Student: map[string]string{}}
	fit := make([]bool, len(r.People))
	sure := make([][]string, len(r.People)) // the submissions that fit this person and nobody else
	for _, name := range names {
		people := r.index.Find(name)
		for _, p := range people {
			fit[p] = true
		}
		switch len(people) {
		case 0:
			m.Nobody = append(m.Nobody, name)
		case 1:
			sure[people[0]] = append(sure[people[0]], name)
		default:
			u := Unclear{Name: name}
			for _, p := range people {
				u.People = append(u.People, r.People[p])
			}
			m.Unclear = append(m.Unclear, u)
		}
	}
	taken := map[string]bool{}
	for i, p := range r.People {
		taken[p.Key] = true
		switch {
		case len(sure[i]) == 1:
			m.Student[sure[i][0]] = p.Key
		case len(sure[i]) > 1:
			m.Twice = append(m.Twice, Twice{p, sure[i]})
		case !fit[i]:
			m.Missing = append(m.Missing, p)
		}
	}
	for _, name := range names {
		if _, ok := m.Student[name]; ok {
			continue
		}
		own := name
		for taken[own] {
			own += " (unclear)"
		}
		taken[own] = true
		m.Student[name] = own
	}
	return m
}
