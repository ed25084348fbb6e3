package lab

import (
	"go/build"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"lockstep/harness/stacks"
)

// Owns tells a student's functions from all others, by their package: a lab, and neither its checks nor what they have of their own in a folder
// below it. It holds for whatever folder the files came from. A closure of the library's that was inlined bears the
// name of the student's function, as in slices.Sorted(maps.Keys(m)): its file tells it apart.
func Owns(f stacks.Frame) bool {
	name, ok := strings.CutPrefix(f.Func, "lockstep/labs/")
	pkg, _, _ := strings.Cut(name, ".")
	return ok && !strings.HasSuffix(pkg, "_test") && !strings.Contains(pkg, "/") && !isLibrary(f.File)
}

// Toolchains is the folder in which package build links to a Go that the go command has fetched. Its files are called so where it has built something,
// whatever Go this process was built with.
const Toolchains = "lockstep-toolchains"

// isLibrary tells whether a file belongs to Go, to a module that was fetched, or to the harness.
func isLibrary(file string) bool {
	return goTree != "" && strings.HasPrefix(file, goTree+"/src/") ||
		strings.HasPrefix(file, harness+"/") || strings.Contains(file, "/pkg/mod/") || strings.Contains(file, "/"+Toolchains+"/")
}

// as the compiler records them
var (
	goTree  = filepath.ToSlash(build.Default.GOROOT)
	harness = func() string {
		_, here, _, _ := runtime.Caller(0)
		return path.Dir(path.Dir(here))
	}()
)
