package export

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"text/template"

	"lockstep/harness/lab"
)

var (
	//go:embed autograder/setup.sh
	setup string
	//go:embed autograder/run_autograder
	runAutograder string
)

// Autograder writes a zip for Gradescope that grades one lab:
// gradescope-autograders.readthedocs.io/en/latest/specs/. It holds setup.sh, run_autograder, and of the kit at
// root what grading this lab needs: no solutions, no other lab, no tests of the kit. goVersion is the version to
// install there, such as go1.26.8.
func Autograder(w io.Writer, root string, l *lab.Lab, goVersion string) error {
	z := zip.NewWriter(w)
	fill := struct {
		Go, Lab string
		Files   []string
	}{goVersion, l.ID, l.Files}
	for _, script := range []struct{ name, text string }{{"setup.sh", setup}, {"run_autograder", runAutograder}} {
		var b bytes.Buffer
		if err := template.Must(template.New(script.name).Parse(script.text)).Execute(&b, fill); err != nil {
			return err
		}
		if err := put(z, script.name, 0o755, b.Bytes()); err != nil {
			return err
		}
	}
	for _, top := range []string{"go.mod", "go.sum", "harness", l.Dir(), path.Join("scripts", l.ID)} {
		err := filepath.WalkDir(filepath.Join(root, filepath.FromSlash(top)), func(file string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			name, err := filepath.Rel(root, file)
			if err != nil {
				return err
			}
			name = filepath.ToSlash(name)
			ofKit := strings.HasPrefix(name, "harness/")
			switch {
			case e.IsDir() && ofKit && e.Name() == "testdata":
				return filepath.SkipDir
			case e.IsDir(), ofKit && strings.HasSuffix(name, "_test.go"):
				return nil
			}
			data, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			return put(z, name, 0o644, data)
		})
		if err != nil {
			return err
		}
	}
	return z.Close()
}

func put(z *zip.Writer, name string, mode fs.FileMode, data []byte) error {
	header := &zip.FileHeader{Name: name, Method: zip.Deflate}
	header.SetMode(mode)
	w, err := z.CreateHeader(header)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}
