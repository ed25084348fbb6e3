package model

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lockstep/harness/player"
)

// hear takes the answers that g got.
func (g *guest) hear() error {
	for g.heard < len(g.got) && g.answered < len(g.requests) {
		r := g.requests[g.answered]
		n, wrong := g.came.after(g.requests[:g.answered]).answer(r, string(g.got[g.heard:]))
		if wrong != "" {
			return player.Faultf(rule(r), "%s has sent %s, and %s", g.Name, r, wrong)
		}
		if n == 0 {
			return nil
		}
		g.heard += n
		g.answered++
	}
	in := string(g.got[g.heard:])
	switch {
	case in == "":
		return nil
	case !(g.How != "" || g.doubtful()) || len(g.rest) == 0 && !g.frame || !g.whole(in):
		return player.Faultf("1.1", "%s got %s, which answers nothing that it has sent", g.Name, quoted(in))
	}
	g.heard = len(g.got)
	if g.How == "" { // the server has seen that it has lost the place
		g.lost, g.early, g.frame, g.rest = true, true, false, nil
	}
	return nil
}

func rule(r request) string {
	if r.verb == "GET" {
		return "1.3"
	}
	return "1.1"
}

// whole tells whether in may answer what g has not ended: no check decides whether it is a request.
func (g *guest) whole(in string) bool {
	if strings.HasPrefix(in, "ERR ") || strings.HasPrefix("ERR ", in) {
		return strings.Count(in, "\n") <= 1
	}
	if g.frame {
		return false
	}
	var s stream
	s.add(append(slices.Clone(g.rest), '\n'))
	if len(s.requests) == 0 {
		return false
	}
	n, wrong := g.came.after(g.requests).answer(s.requests[0], in)
	return wrong == "" && (n == 0 || n == len(in))
}

// answer takes the answer to a request off what somebody got. It returns how many bytes it has, 0 if it is not complete, and what is wrong with it.
func (f folder) answer(r request, in string) (n int, wrong string) {
	if r.lost == "a line that is too long" {
		return exactly(in, "ERR line too long\n")
	}
	data, there := f.files[r.name]
	refused := r.verb == "" || r.lost != "" || r.verb != "LIST" && bad(r.name) || r.verb == "PUT" && r.name == inner
	switch {
	case odd(r.name) && in[0] == 'E', refused, r.verb == "GET" && !there && !odd(r.name):
		return refusal(in)
	case r.verb == "PUT":
		return exactly(in, fmt.Sprintf("OK %d\n", len(r.data)))
	case r.verb == "GET" && odd(r.name):
		for _, data := range f.odd[r.name] {
			if n, wrong = exactly(in, file(data)); wrong == "" {
				return n, ""
			}
		}
		return refusal(in)
	case r.verb == "GET":
		return exactly(in, file(data))
	}
	return f.list(in)
}

func file(data string) string { return fmt.Sprintf("OK\n%08x%s", len(data), data) }

// exactly requires that in begins with want, or is its beginning.
func exactly(in, want string) (n int, wrong string) {
	if strings.HasPrefix(in, want) {
		return len(want), ""
	}
	if strings.HasPrefix(want, in) {
		return 0, ""
	}
	at := 0
	for at < len(in) && at < len(want) && in[at] == want[at] {
		at++
	}
	if at == 0 {
		return 0, fmt.Sprintf("should get %s, and got %s", quoted(want), quoted(in))
	}
	return 0, fmt.Sprintf("should get %s, and got something else from byte %d on: %s", quoted(want), at, quoted(in[at:]))
}

// refusal requires ERR and a reason.
func refusal(in string) (n int, wrong string) {
	line, _, whole := strings.Cut(in, "\n")
	reason, ok := strings.CutPrefix(line, "ERR ")
	switch {
	case ok && whole && reason != "":
		return len(line) + 1, ""
	case ok && !whole, !whole && strings.HasPrefix("ERR ", line):
		return 0, ""
	}
	return 0, fmt.Sprintf("should get ERR and a reason, and got %s", quoted(in))
}

// list requires the names of the files. Some may be in it or not.
func (f folder) list(in string) (n int, wrong string) {
	const head = len("OK\n12345678")
	if len(in) < head {
		return exactly(in, "OK\n"+in[min(3, len(in)):])
	}
	size, err := strconv.ParseUint(in[3:head], 16, 32)
	if in[:3] != "OK\n" || err != nil || in[3:head] != fmt.Sprintf("%08x", size) {
		return 0, fmt.Sprintf("should get OK and a frame, and got %s", quoted(in))
	}
	if len(in) < head+int(size) {
		return 0, ""
	}
	body := in[head : head+int(size)]
	var got, want []string
	for line := range strings.Lines(body) {
		got = append(got, line)
	}
	sorted := slices.IsSortedFunc(got, byName)
	for name := range f.files {
		want = append(want, name+"\n")
	}
	got = slices.DeleteFunc(got, func(line string) bool {
		name := strings.TrimSuffix(line, "\n")
		_, sure := f.files[name]
		return !sure && (name == large || name == link || f.odd[name] != nil)
	})
	slices.SortFunc(want, byName)
	switch {
	case !sorted:
		return 0, fmt.Sprintf("the names are not sorted, byte by byte: %s", quoted(body))
	case !slices.Equal(got, want):
		return 0, fmt.Sprintf("should get the names %s, and got %s", quoted(strings.Join(want, "")), quoted(body))
	}
	return head + int(size), ""
}

// byName compares lines by the names in them.
func byName(a, b string) int {
	return strings.Compare(strings.TrimSuffix(a, "\n"), strings.TrimSuffix(b, "\n"))
}
