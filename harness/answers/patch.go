package answers

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"lockstep/harness/lab"
)

// A patch is a change of some files, a unified diff.
type patch []*gitdiff.File

func readPatch(text string) (patch, error) {
	files, _, err := gitdiff.Parse(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	return files, nil
}

// apply returns the files of base with the change.
func (p patch) apply(base []lab.File) ([]lab.File, error) {
	changed := slices.Clone(base)
	for _, f := range p {
		old, ok := find(base, f.OldName)
		if !ok && !f.IsNew {
			return nil, fmt.Errorf("the base has no %s", f.OldName)
		}
		var out bytes.Buffer
		if err := gitdiff.Apply(&out, bytes.NewReader(old.Data), f); err != nil {
			return nil, fmt.Errorf("%s: %w", old.Name, err)
		}
		changed = slices.DeleteFunc(changed, func(f lab.File) bool { return f.Name == old.Name })
		if !f.IsDelete {
			changed = append(changed, lab.File{Name: f.NewName, Data: out.Bytes()})
		}
	}
	slices.SortFunc(changed, func(a, b lab.File) int { return strings.Compare(a.Name, b.Name) })
	return changed, nil
}

// settle finds the place of each hunk in base, and says which are not where the patch has them: from then on they are. A hunk whose lines are
// not there any more is lost, and not in the patch from then on.
func (p *patch) settle(base []lab.File) (moved, lost []string) {
	var settled patch
	for _, f := range *p {
		old, ok := find(base, f.OldName)
		if !ok {
			settled = append(settled, f) // apply says so, if it is not a new file
			continue
		}
		lines := strings.SplitAfter(string(old.Data), "\n")
		from := 0 // the first line behind the last hunk
		var found []*gitdiff.TextFragment
		for _, hunk := range f.TextFragments {
			expected := before(hunk)
			at, ok := nearest(lines, expected, from, int(hunk.OldPosition)-1)
			if !ok {
				lost = append(lost, fmt.Sprintf("in %s\n%s", old.Name, hunk))
				continue
			}
			if now := int64(at + 1); now != hunk.OldPosition {
				moved = append(moved, fmt.Sprintf("line %d of %s is now line %d", hunk.OldPosition, old.Name, now))
				hunk.NewPosition += now - hunk.OldPosition
				hunk.OldPosition = now
			}
			from = at + len(expected)
			found = append(found, hunk)
		}
		if f.TextFragments = found; len(found) > 0 {
			settled = append(settled, f)
		}
	}
	*p = settled
	return moved, lost
}

// before are the lines that a hunk expects.
func before(hunk *gitdiff.TextFragment) []string {
	var lines []string
	for _, line := range hunk.Lines {
		if line.Old() {
			lines = append(lines, line.Line)
		}
	}
	return lines
}

// nearest returns where part begins in lines, not before from and as near to at as possible.
func nearest(lines, part []string, from, at int) (int, bool) {
	best, found := 0, false
	for i := from; i+len(part) <= len(lines); i++ {
		if slices.Equal(lines[i:i+len(part)], part) && (!found || abs(i-at) < abs(best-at)) {
			best, found = i, true
		}
	}
	return best, found
}

func abs(n int) int { return max(n, -n) }
