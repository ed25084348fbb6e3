package collect

import (
	"archive/tar"
	"archive/zip"
	"bytes"
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

// Limits on what one student hands in, in all archives and folders together. A lab is some kilobytes.
const (
	maxFile      = 1 << 20  // bytes of a file that is taken
	maxTotal     = 16 << 20 // of all files that are looked at
	maxArchives  = 64 << 20 // of archives, as they are
	maxDirectory = 4 << 20  // of what a .zip says of its files, which is all in memory
	maxLab       = 1 << 20  // of the files of a lab
	maxFiles     = 100      // of a lab
	maxName      = 100      // bytes of the name of one
	maxPath      = 4096     // bytes of a file's name with its folders
)

// The same, as variables for a test whose bombs are small.
var (
	maxEntries        = 10_000    // files and folders, taken or not
	maxUnpacked int64 = 256 << 20 // bytes that are unpacked, taken or not, and that they are unpacked from
	maxHeld           = 96 << 20  // bytes of all submissions of a class
)

var (
	errTotal    = fmt.Errorf("its Go files have more than %d bytes together; hand in the labs only", maxTotal)
	errArchives = fmt.Errorf("its archives have more than %d bytes together; hand in the labs only", maxArchives)
)

// A shelf is what has been taken of a student's files, and what of the limits is used. They count for everything that bears the
// student's name: ten thousand small archives are no way around them.
type shelf struct {
	files    map[string][]byte // by path, with slashes
	entries  int
	total    int64 // bytes on the shelf
	archives int64
	unpacked int64
}

// enter counts an entry and tells whether it is to be taken: it could be built, and is the student's.
func (s *shelf) enter(name string) (bool, error) {
	if s.entries++; s.entries > maxEntries {
		return false, fmt.Errorf("it has more than %d files; hand in the labs only", maxEntries)
	}
	if len(name) > maxPath {
		return false, fmt.Errorf("%s is %d bytes long, and may be %d; hand in the labs only", name, len(name), maxPath)
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
	s.files[name] = bytes.Clone(data) // without the room that reading left behind it
	return nil
}

// spend takes bytes that are about to be read from what the student may have unpacked.
func (s *shelf) spend(n int) error {
	if s.unpacked += int64(n); s.unpacked > maxUnpacked {
		return fmt.Errorf("it unpacks to more than %d bytes; hand in the labs only", maxUnpacked)
	}
	return nil
}

// A limited reader gives bytes that are unpacked, as long as the student may have more of them.
type limited struct {
	r io.Reader
	s *shelf
}

func (l limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if overdrawn := l.s.spend(n); overdrawn != nil {
		return 0, overdrawn
	}
	return n, err
}

// An archive is a kind of file that is read like a folder.
type archive struct {
	ext  string // of its name
	read func(f *os.File, size int64, below string, s *shelf) error
}

// archives are all kinds.
var archives = []archive{{".zip", readZip}, {".tar.gz", readTar}, {".tgz", readTar}}

// archiveOf tells which kind a file of this name is.
func archiveOf(name string) (archive, bool) {
	for _, a := range archives {
		if n := len(name) - len(a.ext); n >= 0 && strings.EqualFold(name[n:], a.ext) {
			return a, true
		}
	}
	return archive{}, false
}

// open reads an archive that is not in a folder.
func (a archive) open(root *os.Root, name string, s *shelf) error {
	return a.readFile(root, name, "", s)
}

// readFile reads an archive, and puts its files below a path.
func (a archive) readFile(root *os.Root, name, below string, s *shelf) error {
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if s.archives += info.Size(); s.archives > maxArchives {
		return errArchives
	}
	return a.read(f, info.Size(), below, s)
}

// readLoose reads a file that bears the student's name, as one that is called so.
func readLoose(as string) func(root *os.Root, name string, s *shelf) error {
	return func(root *os.Root, name string, s *shelf) error {
		if _, err := s.enter(as); err != nil {
			return err
		}
		f, err := root.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		return s.add(as, f)
	}
}

// readDir takes files from a folder, and from the archives that lie in it: students hand in archives, and the
// course's system puts them into folders. Links are not followed.
func readDir(root *os.Root, name string, s *shelf) error {
	sub, err := root.OpenRoot(name)
	if err != nil {
		return err
	}
	defer sub.Close()
	return s.readFolder(sub, ".")
}

// readFolder takes what is below a folder. It does not list more than may be there.
func (s *shelf) readFolder(root *os.Root, at string) error {
	f, err := root.Open(at)
	if err != nil {
		return err
	}
	entries, err := f.ReadDir(max(0, maxEntries-s.entries) + 1)
	f.Close()
	if err != nil && err != io.EOF {
		return err
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	for _, e := range entries {
		if e.IsDir() && e.Name() == ".git" {
			continue
		}
		if err := s.readEntry(root, path.Join(at, e.Name()), e); err != nil {
			return err
		}
	}
	return nil
}

func (s *shelf) readEntry(root *os.Root, name string, e fs.DirEntry) error {
	wanted, err := s.enter(name)
	if err != nil {
		return err
	}
	if e.IsDir() {
		return s.readFolder(root, name)
	}
	if a, ok := archiveOf(name); ok && !strings.Contains(name, "/") && e.Type().IsRegular() {
		return a.readFile(root, name, name+"/", s)
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
func (s *shelf) unpack(below, name string, mode fs.FileMode, open func() (io.ReadCloser, error)) error {
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
		return fmt.Errorf("%s: %w", at, err)
	}
	defer r.Close()
	return s.add(below+at, r)
}

func readZip(f *os.File, size int64, below string, s *shelf) error {
	file := &zipFile{r: f, spend: directory()}
	archive, err := zip.NewReader(file, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // the entries are looked at one by one
		return fmt.Errorf("it cannot be read: %w", err)
	}
	file.spend = s.spend // an entry may have much in it that unpacks to nothing, and many entries the same
	for _, e := range archive.File {
		open := func() (io.ReadCloser, error) {
			r, err := e.Open()
			if err != nil {
				return nil, err
			}
			return unpacking{limited{r, s}, r}, nil
		}
		if err := s.unpack(below, e.Name, e.Mode(), open); err != nil {
			return err
		}
	}
	return nil
}

// unpacking is a file of a .zip that is being read.
type unpacking struct {
	limited
	io.Closer
}

// A zipFile tells what it costs to read it.
type zipFile struct {
	r     io.ReaderAt
	spend func(n int) error
}

func (z *zipFile) ReadAt(p []byte, off int64) (int, error) {
	if err := z.spend(len(p)); err != nil {
		return 0, err
	}
	return z.r.ReadAt(p, off)
}

// directory is a budget for the list of a .zip's files.
func directory() func(n int) error {
	left := maxDirectory
	return func(n int) error {
		if left -= n; left < 0 {
			return fmt.Errorf("its list of files has more than %d bytes; hand in the labs only", maxDirectory)
		}
		return nil
	}
}

func readTar(f *os.File, _ int64, below string, s *shelf) error {
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("it cannot be read: %w", err)
	}
	// What is skipped has to be unpacked as well; a bomb ends here.
	archive := tar.NewReader(limited{unpacked, s})
	for {
		e, err := archive.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return fmt.Errorf("it cannot be read: %w", err)
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
		if err := s.unpack(below, e.Name, mode, open); err != nil {
			return err
		}
	}
}
