package model

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"lockstep/harness/player"
)

// What is in the folder at the beginning, besides a.txt.
const (
	inner  = "folder"    // a folder, with a file in it
	large  = "large.bin" // a file that is too long
	link   = "link.txt"  // leads out, where a system has that
	hidden = ".hidden"
	secret = "secret.txt" // beside the folder
)

// A folder is what should be in it.
type folder struct {
	files map[string]string
	odd   map[string][]string // what was PUT under names of which nobody knows whether the system has them
}

func given() folder {
	return folder{files: map[string]string{"a.txt": "hello\n", "empty": ""}}
}

// Furnish makes a folder for a story.
func Furnish(dir string) error {
	if err := os.MkdirAll(filepath.Join(dir, inner), 0o755); err != nil {
		return err
	}
	files := map[string]string{filepath.Join(inner, "inner.txt"): "inner", hidden: "hidden", filepath.Join("..", secret): "secret", large: ""}
	maps.Copy(files, given().files)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(files[name]), 0o644); err != nil {
			return err
		}
	}
	_ = os.Symlink(filepath.Join("..", secret), filepath.Join(dir, link)) // not every system lets everybody
	return os.Truncate(filepath.Join(dir, large), maxFile+1)
}

// bad tells whether a name is none.
func bad(name string) bool {
	return name == "" || name[0] == '.' || strings.ContainsAny(name, `/\`)
}

// odd tells whether the system may refuse a name.
func odd(name string) bool {
	if len(name) > 200 || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) || name == link {
		return true
	}
	return runtime.GOOS == "windows" && (strings.ContainsAny(name, `<>:"|?*`) || strings.HasSuffix(name, " ") || strings.HasSuffix(name, "."))
}

// after is the folder after some requests.
func (f folder) after(requests []request) folder {
	if len(requests) == 0 {
		return f
	}
	files, others := maps.Clone(f.files), maps.Clone(f.odd)
	for _, r := range requests {
		switch {
		case r.verb != "PUT" || bad(r.name) || r.name == inner:
		case odd(r.name):
			if others == nil {
				others = map[string][]string{}
			}
			others[r.name] = append(slices.Clone(others[r.name]), r.data)
		default:
			files[r.name] = r.data
		}
	}
	return folder{files, others}
}

// read reads what is in the folder, but for the long file.
func read(dir string) (map[string]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	held := map[string]string{}
	for _, e := range entries {
		switch info, err := e.Info(); {
		case err != nil:
			return nil, err
		case e.IsDir():
			held[e.Name()] = "(a folder)"
		case e.Name() == link && !e.Type().IsRegular():
		case e.Name() == large && info.Size() == maxFile+1:
		default:
			data, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				return nil, err
			}
			held[e.Name()] = string(data)
		}
	}
	for _, name := range []string{filepath.Join(inner, "inner.txt"), filepath.Join("..", secret)} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, player.Faultf("1.3", "a file was there that no client may touch: %v", err)
		}
		held[filepath.ToSlash(name)] = string(data)
	}
	return held, nil
}

// differs says which file in the folder is not as it should be, and how; "" if all are. open is a file that is being stored; temporary files may be there or not.
func (f folder) differs(held map[string]string, open string, temporary bool) (name, wrong string) {
	want := maps.Clone(f.files)
	maps.Copy(want, map[string]string{inner: "(a folder)", inner + "/inner.txt": "inner", hidden: "hidden", "../" + secret: "secret"})
	for _, name := range slices.Sorted(maps.Keys(want)) {
		switch got, ok := held[name]; {
		case name == open:
		case !ok:
			return name, fmt.Sprintf("there is no %q in the folder, which should hold %d bytes", name, len(want[name]))
		case got != want[name]:
			return name, fmt.Sprintf("%q holds %s, where it should hold %s", name, quoted(got), quoted(want[name]))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(held)) {
		_, ok := want[name]
		switch {
		case ok || name == open || temporary && strings.HasPrefix(name, "."):
		case slices.Contains(f.odd[name], held[name]):
		default:
			return name, fmt.Sprintf("the folder holds %s, which nobody has put there", quoted(name))
		}
	}
	return "", ""
}
