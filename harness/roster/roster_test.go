package roster_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/roster"
	"lockstep/harness/visible"
)

// read reads a roster with this text.
func read(t *testing.T, text string) (*roster.Roster, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "students.csv")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	return roster.Read(file)
}

func TestRostersOfEverySystemAreRead(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       []string // the persons
	}{
		{"by hand", "login,name\namira,Amira Khan\nben,Ben Öz\n", []string{"amira (Amira Khan)", "ben (Ben Öz)"}},
		{"other columns are passed over", "Group,LOGIN,Mark\n1,amira,\n2,ben,3\n", []string{"amira", "ben"}},
		{"ids only", "ID\n17\n", []string{"17"}},
		{"names only", "Name\n\"Khan, Amira\"\n", []string{"Khan, Amira"}},
		{"first and last name", "first_name,Last Name,E-Mail\nAmira,Khan,a.khan@uni.example\n", []string{"a.khan@uni.example (Amira Khan)"}},
		{"no login yet", "login,id,name\n,17,Amira Khan\nben,18,Ben Öz\n", []string{"17 (Amira Khan)", "ben (Ben Öz)"}},
		{"Excel", "\ufeffLogin;Name\r\namira;Khan, Amira\r\n;\r\n", []string{"amira (Khan, Amira)"}},
		{"tabs", "login\tname\namira\tAmira Khan\n", []string{"amira (Amira Khan)"}},
		{"Moodle", "\ufeff\"First name\",\"Last name\",\"ID number\",\"Email address\",Groups\nAmira,Khan,17,a.khan@uni.example,\n", []string{"17 (Amira Khan)"}},
		{"Canvas", "Student,ID,SIS User ID,SIS Login ID,Section\n    Points Possible,,,,\n\"Khan, Amira\",4711,17,amira,A\n\"Öz, Ben\",4712,18,,A\n", []string{"amira (Khan, Amira)", "18 (Öz, Ben)"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			r, err := read(t, row.text)
			require.NoError(t, err)
			var got []string
			for _, p := range r.People {
				got = append(got, p.String())
			}
			assert.Equal(t, row.want, got)
		})
	}
}

func TestBadRostersAreRefusedWithLineAndRemedy(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"nothing", "", "students.csv holds nobody; it should have a header, such as login,name, and a line for each student"},
		{"a header only", "login,name\n", "students.csv holds nobody"},
		{"no column that is known", "Group,Mark\n1,2\n", "students.csv:1: no column says who the students are; call one id, login, email or name"},
		{"a column twice", "login,Name,LOGIN\na,b,c\n", `students.csv:1: columns 1 and 3 are both called "login"; take one of them out`},
		{"a comma in a name", "login,name\namira,Khan, Amira\n", "students.csv:2: the line has 3 cells, and the header 2; put a name with a comma into double quotes"},
		{"a quote that does not end", "login,name\n\namira,\"Amira\n", "students.csv:3: extraneous or missing \" in quoted-field; put what holds double quotes into double quotes"},
		{"nobody in a line", "login,mark\namira,1\n,2\n", "students.csv:3: the line names nobody; fill it in, or take it out"},
		{"a login twice", "login,name\namira,Amira Khan\nben,Ben Öz\nAmira,Amira Noor\n", "students.csv:4: Amira stands in line 2 already; give each student an id or a login of their own"},
		{"UTF-16", "\xff\xfel\x00", `students.csv is UTF-16; save it as "CSV UTF-8"`},
		{"Latin-1", "login,name\nben,Ben \xd6z\n", `students.csv:2: a letter is not UTF-8; save it as "CSV UTF-8"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := read(t, row.text)
			assert.ErrorContains(t, err, row.want)
		})
	}
	_, err := roster.Read("nowhere.csv")
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestSubmissionsAreMatched(t *testing.T) {
	r, err := read(t, "id,login,email,name\n17,amira,a.khan@uni.example,Amira Khan\n18,ben,b.oez@uni.example,\"Öz, Ben\"\n19,minsu,,김민수\n20,ana,,Ana Maria O'Neil\n"+
		"-5,+lee,,Lee\n007,bond,,\ufffd\n21,CS\\eva,,Eva\n22,ali,,\u0639\u0644\u06cc\u200c\u0631\u0636\u0627\n")
	require.NoError(t, err)
	for _, row := range []struct{ name, submission, want string }{
		{"login", "amira", "amira"},
		{"login in capitals", "AMIRA", "amira"},
		{"id", "17", "amira"},
		{"e-mail address", "A.Khan@uni.example", "amira"},
		{"name", "Amira Khan", "amira"},
		{"last name first", "Khan, Amira", "amira"},
		{"last name first, without a comma", "khan  amira", "amira"},
		{"as Canvas writes it", "khanamira", "amira"},
		{"three words as Canvas writes them", "oneilanamaria", "ana"},
		{"three words, last one first", "O'Neil, Ana Maria", "ana"},
		{"a roster with the last name first", "Ben Öz", "ben"},
		{"an accent of its own", "Ben O\u0308z", "ben"},
		{"syllables in pieces", "\u1100\u1175\u11b7\u1106\u1175\u11ab\u1109\u116e", "minsu"},
		{"half a name", "Amira", "amira"}, // it is her login
		{"half a name of somebody else", "Khan", "Khan"},
		{"nobody", "zoe", "zoe"},
		{"another accent", "Ben Oz", "Ben Oz"},
		{"an id that is no sum", "-5", "+lee"},
		{"a login that is no formula", "+LEE", "+lee"},
		{"an id that is no number", "007", "bond"},
		{"a number that is no id", "7", "7"},
		{"a login with a backslash", `CS\eva`, `CS\\eva`},
		{"a joiner that does not show", "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "ali"},
		{"bytes that are no letters", "\xff", `\xff`},
		{"bytes that a roster has lost", "\ufffd", "bond"},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.submission = visible.Name(row.submission)
			m := r.Match([]string{row.submission})
			assert.Equal(t, row.want, m.Student[row.submission])
			somebody := slices.ContainsFunc(r.People, func(p roster.Person) bool { return p.Key == row.want })
			assert.Equal(t, somebody, len(m.Nobody) == 0)
			assert.Empty(t, m.Unclear)
			assert.Empty(t, m.Twice)
		})
	}
}

func TestWhatIsNotClearIsNotGuessed(t *testing.T) {
	r, err := read(t, "login,name\namira,Amira Khan\nben,Ben Öz\nkim1,Kim Minsu\nkim2,Minsu Kim\nzoe,Amira\nlast,Nobody Yet\n")
	require.NoError(t, err)
	amira, ben, kim1, kim2, zoe, last := r.People[0], r.People[1], r.People[2], r.People[3], r.People[4], r.People[5]
	for _, row := range []struct {
		name  string
		names []string
		want  roster.Matching
	}{
		{"two persons of one name", []string{"Minsu Kim", "ben", "amira khan", "zoe", "last"}, roster.Matching{
			Student: map[string]string{"Minsu Kim": "Minsu Kim", "ben": "ben", "amira khan": "amira", "zoe": "zoe", "last": "last"},
			Unclear: []roster.Unclear{{Name: "Minsu Kim", People: []roster.Person{kim1, kim2}}},
		}},
		{"one is told by login", []string{"Minsu Kim", "kim1", "amira khan", "zoe", "last", "ben"}, roster.Matching{
			Student: map[string]string{"Minsu Kim": "Minsu Kim", "kim1": "kim1", "ben": "ben", "amira khan": "amira", "zoe": "zoe", "last": "last"},
			Unclear: []roster.Unclear{{Name: "Minsu Kim", People: []roster.Person{kim1, kim2}}},
		}},
		{"the login of one is the name of another", []string{"amira"}, roster.Matching{
			Student: map[string]string{"amira": "amira (unclear)"},
			Unclear: []roster.Unclear{{Name: "amira", People: []roster.Person{amira, zoe}}},
			Missing: []roster.Person{ben, kim1, kim2, last},
		}},
		{"two submissions of one person", []string{"Ben Öz", "ben", "zoe", "ann"}, roster.Matching{
			Student: map[string]string{"Ben Öz": "Ben Öz", "ben": "ben (unclear)", "zoe": "zoe", "ann": "ann"},
			Nobody:  []string{"ann"},
			Twice:   []roster.Twice{{Person: ben, Names: []string{"Ben Öz", "ben"}}},
			Missing: []roster.Person{amira, kim1, kim2, last},
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, row.want, *r.Match(row.names))
		})
	}
}
