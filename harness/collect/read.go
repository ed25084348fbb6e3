package collect

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"lockstep/harness/gate"
)

// Limits on what one student hands in. A lab is some kilobytes.
const (
	maxFile    = 1 << 20  // bytes of a file that is taken
	maxTotal   = 16 << 20 // bytes of all files that are taken
	maxArchive = 64 << 20 // bytes of an archive
)

// The same, as variables for a test whose bombs are small.
var (
	maxEntries        = 10_000    // files and folders, taken or not
	maxUnpacked int64 = 256 << 20 // bytes that a .tar.gz unpacks to, taken or not
)

var errTotal = fmt.Errorf("its Go files have more than %d bytes together; hand in the labs only", maxTotal)

// A shelf is what has been taken of a student's files, within the limits.
type shelf struct {
	files   map[string][]byte
	entries int
	total   int64
}

// enter counts an entry and tells whether it is to be taken: it could be built, and is the student's.
func (s *shelf) enter(name string) (bool, error) {
	if s.entries++; s.entries > maxEntries {
		return false, fmt.Errorf("it has more than %d files; hand in the labs only", maxEntries)
	}
	foreign := slices.ContainsFunc(strings.Split(name, "/"), func(word string) bool { return slices.Contains(notTheirs, word) })
	return gate.Built(name) && !foreign, nil
}

// notTheirs are folders whose files are nobody's answer: of a copy of the whole kit, of git, of macOS.
var notTheirs = []string{"harness", "solutions", "cmd", "testdata", "vendor", ".git", "__MACOSX"}

// add takes a file. One that is too large is not Go that a student wrote.
func (s *shelf) add(name string, r io.Reader) error {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", name, err)
	case len(data) > maxFile && path.Ext(name) == ".go":
		return fmt.Errorf("%s has more than %d bytes", name, maxFile)
	case len(data) > maxFile:
		return nil
	}
	if s.total += int64(len(data)); s.total > maxTotal {
		return errTotal
	}
	s.files[name] = data
	return nil
}

// archives are what is read like a folder, by the end of the name.
var archives = []struct {
	ext  string
	read func(f *os.File, size int64) (map[string][]byte, error)
}{{".zip", readZip}, {".tar.gz", readTar}, {".tgz", readTar}}

// readFolder takes files from a folder, and from the archives that lie in it: students hand in archives, and the
// course's system puts them into folders. Links are not followed.
func readFolder(root *os.Root) (map[string][]byte, error) {
	s := &shelf{files: map[string][]byte{}}
	err := fs.WalkDir(root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && e.Name() == ".git" {
			return fs.SkipDir
		}
		wanted, err := s.enter(name)
		if err != nil || e.IsDir() {
			return err
		}
		if !strings.Contains(name, "/") && e.Type().IsRegular() {
			for _, a := range archives {
				if strings.HasSuffix(strings.ToLower(name), a.ext) {
					files, err := readFile(root, name, a.read)
					for at, data := range files {
						s.files[name+"/"+at] = data
					}
					return err
				}
			}
		}
		if !wanted {
			return nil
		}
		if !e.Type().IsRegular() {
			return fmt.Errorf("%s is no regular file but a %s; hand in the file itself", name, e.Type())
		}
		f, err := root.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		return s.add(name, f)
	})
	return s.files, err
}

// readFile opens an archive.
func readFile(root *os.Root, name string, read func(f *os.File, size int64) (map[string][]byte, error)) (map[string][]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > maxArchive {
		return nil, fmt.Errorf("it has %d bytes, and may have %d; hand in the labs only", info.Size(), maxArchive)
	}
	return read(f, info.Size())
}

// clean checks the name of an archive's entry and returns it without a trailing slash. Some programs
// write backslashes.
func clean(name string) (string, error) {
	slashed := strings.ReplaceAll(name, `\`, "/")
	at := path.Clean(slashed)
	switch {
	case strings.Contains(name, "\x00"):
		return "", fmt.Errorf("the archive has an entry with a zero byte in its name, %q", name)
	case path.IsAbs(slashed) || len(slashed) > 1 && slashed[1] == ':':
		return "", fmt.Errorf("the archive has an entry with an absolute name, %q", name)
	case at == ".." || strings.HasPrefix(at, "../"):
		return "", fmt.Errorf("the archive has an entry that leads out of it, %q", name)
	}
	return at, nil
}

// unpack takes an entry of an archive, if it is wanted.
func (s *shelf) unpack(name string, mode fs.FileMode, open func() (io.ReadCloser, error)) error {
	at, err := clean(name)
	if err != nil {
		return err
	}
	wanted, err := s.enter(at)
	switch {
	case err != nil:
		return err
	case mode.Type()&^fs.ModeDir != 0:
		return fmt.Errorf("the archive has an entry that is no file, %q (%s)", name, mode.Type())
	case !wanted || mode.IsDir() || strings.HasSuffix(name, "/"):
		return nil
	}
	r, err := open()
	if err != nil {
		return err
	}
	defer r.Close()
	return s.add(at, r)
}

func readZip(f *os.File, size int64) (map[string][]byte, error) {
	archive, err := zip.NewReader(f, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // the entries are looked at one by one
		return nil, fmt.Errorf("it cannot be read: %w", err)
	}
	s := &shelf{files: map[string][]byte{}}
	for _, e := range archive.File {
		if err := s.unpack(e.Name, e.Mode(), e.Open); err != nil {
			return nil, err
		}
	}
	return s.files, nil
}

func readTar(f *os.File, _ int64) (map[string][]byte, error) {
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("it cannot be read: %w", err)
	}
	s := &shelf{files: map[string][]byte{}}
	// What is skipped has to be unpacked as well; a bomb ends here.
	archive := tar.NewReader(&limited{r: unpacked, left: maxUnpacked})
	for {
		e, err := archive.Next()
		if err == io.EOF {
			return s.files, nil
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return nil, fmt.Errorf("it cannot be read: %w", err)
		}
		mode := e.FileInfo().Mode()
		switch e.Typeflag {
		case tar.TypeXGlobalHeader:
			continue
		case tar.TypeReg, tar.TypeDir:
		default: // a hard link has the mode of a file
			mode |= fs.ModeIrregular
		}
		open := func() (io.ReadCloser, error) { return io.NopCloser(archive), nil }
		if err := s.unpack(e.Name, mode, open); err != nil {
			return nil, err
		}
	}
}

// A limited reader fails behind so many bytes.
type limited struct {
	r    io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, fmt.Errorf("it unpacks to more than %d bytes; hand in the labs only", maxUnpacked)
	}
	n, err := l.r.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}
