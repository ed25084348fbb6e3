// Package overlay, of the grader, makes the files with which the go command builds a program whose schedules package steer can decide.
//
//	replace, err := overlay.Write(goroot, dir) // for the Replace of an -overlay file
//
// Nothing of the Go installation is copied into the kit or changed: a few lines are put into files of package runtime as they are
// installed, each at an anchor that must occur there exactly once, and files of ours are put beside them. Where an anchor is missing, as in a
// version of Go that nobody has looked at, there is an [UnknownGoError], and the program is built without. That a package of the
// standard library can be replaced so is an accepted trick; see github.com/felixge/go-patch-overlay.
package overlay

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

//go:embed zsteer.go.txt
var scheduler string

//go:embed zordinal.go.txt
var ordinals string

// Tag is the build tag with which package steer is linked to what is written here.
const Tag = "lockstep_steer"

// An UnknownGoError says that a version of Go is not as the kit knows it.
type UnknownGoError struct {
	File   string // below GOROOT/src
	Anchor string // what was to be there once
	Found  int
}

func (e *UnknownGoError) Error() string {
	return fmt.Sprintf("%s has %q %d times, and should have it once: this version of Go is not known", e.File, e.Anchor, e.Found)
}

// An edit puts text behind, or in front of, the only occurrence of anchor in a file.
type edit struct {
	file, anchor, text string
	before             bool
}

var scheduling = []edit{
	// Who runs next is chosen before anything else is looked for.
	{"runtime/proc.go", "\tnow, pollUntil, _ := pp.timers.check(0, nil)\n", "\tif steer.on {\n\t\tif gp := steerPick(pp); gp != nil {\n\t\t\treturn gp, false, false\n\t\t}\n\t}\n", true},
	{"runtime/proc.go", "\tif buildVersion == \"\" {\n", "\tsteerBoot()\n", true},
	// Nobody is interrupted because real time has passed.
	{"runtime/proc.go", "func retake(now int64) uint32 {\n", "\tif !steerTaken(now) {\n\t\treturn 0\n\t}\n", false},
	// A goroutine is known by its place in the tree of go statements, not by its number.
	{"runtime/proc.go", "\tnewg.goid = pp.goidcache\n", "\tsteerBorn(callergp, newg)\n", false},
	{"runtime/proc.go", "func ready(gp *g, traceskip int, next bool) {\n", "\tsteerReady(gp)\n", false},
	{"runtime/proc.go", "const randomizeScheduler = raceenabled\n", "", false}, // a look that it is still there
	{"runtime/debug.go", "func GOMAXPROCS(n int) int {\n", "\tif steer.on {\n\t\tn = 0\n\t}\n", false},
	// Time stands still while anybody can run.
	{"runtime/time_nofake.go", "func nanotime() int64 {\n", "\tif steer.on || steer.behind != 0 {\n\t\treturn steerNanotime()\n\t}\n", false},
	{"runtime/time.go", "\treturn time_now()\n}\n", "\tif steer.on || steer.behind != 0 {\n\t\treturn steerTime()\n\t}\n", true},
	// Chance comes from the schedule's seed: order of select, iteration of maps, math/rand, timers of one moment in a bubble of synctest.
	{"runtime/time.go", "\t\t\tt.rand = cheaprand()\n", "\t\t\tif steer.on {\n\t\t\t\tt.rand = uint32(steerRand(&steer.chance) >> 32)\n\t\t\t}\n", false},
	{"runtime/rand.go", "func rand() uint64 {\n", "\tif steer.on && steerUser() {\n\t\treturn steerRand(&steer.chance)\n\t}\n", false},
	{"runtime/rand.go", "func cheaprand() uint32 {\n", "\tif steer.on && steerUser() {\n\t\treturn uint32(steerRand(&steer.chance) >> 32)\n\t}\n", false},
	{"runtime/rand.go", "\tglobalRand.state.Init(*seed)\n", "\t*seed = [32]byte{1}\n", true}, // hashes are the same in every process
}

// A hashing is where hash functions are in some versions of Go.
type hashing struct {
	pkg     string // the package, as a path
	from    string // how package runtime calls what is in there
	imports string
	edits   []edit
}

var hashings = []hashing{
	{pkg: "runtime", edits: []edit{ // 1.24 to 1.26
		{"runtime/alg.go", "func alginit() {\n", "\tfor i := range hashkey {\n\t\thashkey[i] = uintptr(bootstrapRand())\n\t}\n\tif !useAeshash {\n\t\treturn\n\t}\n", false},
		{"runtime/hash64.go", "func memhash64Fallback(p unsafe.Pointer, seed uintptr) uintptr {\n\ta := r8(p)\n", "\ta = steerOrdinal(a)\n", false},
		{"runtime/hash64.go", "\tcase s == 8:\n\t\ta = r8(p)\n", "\t\ta = steerOrdinal(a)\n", false},
		{"runtime/hash64.go", "\tcase s <= 16:\n\t\ta = r8(p)\n\t\tb = r8(add(p, s-8))\n", "\t\tif s == 16 {\n\t\t\ta, b = steerOrdinal(a), steerOrdinal(b)\n\t\t}\n", false},
	}},
	{pkg: "internal/runtime/maps", from: "maps.", imports: "\t\"internal/runtime/maps\"\n", edits: []edit{ // 1.27
		{"internal/runtime/maps/runtime_alg.go", "\t// Install AES hash algorithms if the instructions needed are present.\n", "\tif !UseAeshash {\n\t\treturn\n\t}\n", true},
		{"internal/runtime/maps/runtime_hash64.go", "func memHash64Fallback(k uint64, seed uintptr) uintptr {\n\ta := uintptr(k)\n", "\ta = steerOrdinal(a)\n", false},
		{"internal/runtime/maps/runtime_hash64.go", "\tcase s == 8:\n\t\ta = r8(p)\n", "\t\ta = steerOrdinal(a)\n", false},
		{"internal/runtime/maps/runtime_hash64.go", "\tcase s <= 16:\n\t\ta = r8(p)\n\t\tb = r8(add(p, s-8))\n", "\t\tif s == 16 {\n\t\t\ta, b = steerOrdinal(a), steerOrdinal(b)\n\t\t}\n", false},
	}},
}

// Write writes the files for the Go installation at goroot into dir, and returns which file they stand for. Keys and values are absolute.
func Write(goroot, dir string) (replace map[string]string, err error) {
	files, err := Files(os.DirFS(filepath.Join(goroot, "src")))
	if err != nil {
		return nil, err
	}
	// The go command indexes a folder whose files have been there for two seconds, and would fail where its cache cannot be written to.
	young := time.Now().AddDate(1, 0, 0)
	replace = map[string]string{}
	for name, text := range files {
		to := filepath.Join(dir, strings.ReplaceAll(name, "/", "-"))
		if err := os.WriteFile(to, []byte(text), 0o644); err != nil {
			return nil, err
		}
		if err := os.Chtimes(to, time.Time{}, young); err != nil {
			return nil, err
		}
		replace[filepath.Join(goroot, "src", filepath.FromSlash(name))] = to
	}
	return replace, nil
}

// Files returns the files that differ from those of a standard library, by their slash-separated names in it.
func Files(src fs.FS) (map[string]string, error) {
	var unknown error
	for _, h := range hashings {
		files := map[string]string{}
		err := apply(src, files, append(scheduling[:len(scheduling):len(scheduling)], h.edits...))
		if err == nil {
			files[h.pkg+"/zlockstep_ordinal.go"] = strings.ReplaceAll(ordinals, "package PACKAGE", "package "+path.Base(h.pkg))
			files["runtime/zlockstep_steer.go"] = strings.NewReplacer("\t\"unsafe\"\n", h.imports+"\t\"unsafe\"\n", "STEERHASHES", h.from+"SteerHashes", "STEERFORGET", h.from+"SteerForget").Replace(scheduler)
			return files, nil
		}
		unknown = errors.Join(unknown, err)
	}
	return nil, unknown
}

func apply(src fs.FS, files map[string]string, edits []edit) error {
	for _, e := range edits {
		text, ok := files[e.file]
		if !ok {
			data, err := fs.ReadFile(src, e.file)
			if errors.Is(err, fs.ErrNotExist) {
				return &UnknownGoError{File: e.file, Anchor: e.anchor}
			}
			if err != nil {
				return err
			}
			text = string(data)
		}
		if n := strings.Count(text, e.anchor); n != 1 {
			return &UnknownGoError{File: e.file, Anchor: e.anchor, Found: n}
		}
		with := e.anchor + e.text
		if e.before {
			with = e.text + e.anchor
		}
		files[e.file] = strings.Replace(text, e.anchor, with, 1)
	}
	return nil
}
