package gate

import (
	"fmt"
	"go/build"
	"io"
	"regexp"
	"slices"
	"strings"
)

// checkName refuses names of Go files that not every system, archive and tool takes for the same, or that
// the go command builds on some systems only.
func (s *source) checkName(twin bool) {
	switch {
	case twin:
		s.addFile("file-name", "%s is there twice", s.shown)
	case !plainName.MatchString(s.name):
		s.addFile("file-name", "%s is no plain name, %s would be", s.shown, plain(s.name))
	case !builtEverywhere(s.name):
		s.addFile("file-name", "%s is built on some systems only, or on none", s.shown)
	}
}

var plainName = regexp.MustCompile(`^[a-z0-9_]{1,60}\.go$`)

// plain is how a file could be called instead.
func plain(name string) string {
	stem := strings.ToLower(strings.TrimSuffix(strings.ToLower(name), ".go"))
	words := strings.FieldsFunc(stem, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	stem = strings.Join(words, "_")
	stem = stem[:min(len(stem), 60)]
	if stem == "" {
		stem = "more"
	}
	return fmt.Sprintf("%s.go", stem)
}

// builtEverywhere asks the package that the go command goes by. A name is no platform's if it is built where
// nothing is known of the platform.
func builtEverywhere(name string) bool {
	nowhere := build.Context{GOOS: "nowhere", GOARCH: "nowhere", Compiler: "gc", OpenFile: func(string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("package p\n")), nil
	}}
	built, err := nowhere.MatchFile("", name)
	return err == nil && built && !slices.Contains(devices, strings.TrimSuffix(name, ".go"))
}

// devices are files that are there in every folder on Windows.
var devices = strings.Fields("con prn aux nul com0 com1 com2 com3 com4 com5 com6 com7 com8 com9 lpt0 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9")
