package collect

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/lab"
)

var labs = []*lab.Lab{{ID: "04", Name: "appendlog", Files: []string{"append.go"}}, {ID: "05", Name: "chat", Files: []string{"chat.go"}}}

// write writes files that are given as path, text, ... A path that ends in .zip or .tar.gz has a text as
// archived returns it.
func write(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		file := filepath.Join(dir, filepath.FromSlash(files[i]))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(files[i+1]), 0o644))
	}
	return dir
}

func zipped(t *testing.T, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		require.NoError(t, err)
		_, err = w.Write([]byte(files[i+1]))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.String()
}

func tarred(t *testing.T, headers ...tar.Header) string {
	t.Helper()
	var b bytes.Buffer
	g := gzip.NewWriter(&b)
	w := tar.NewWriter(g)
	for _, h := range headers {
		text := h.Linkname
		if h.Typeflag == tar.TypeReg {
			h.Linkname, h.Size, h.Mode = "", int64(len(text)), 0o644
		}
		require.NoError(t, w.WriteHeader(&h))
		if h.Typeflag == tar.TypeReg {
			_, err := w.Write([]byte(text))
			require.NoError(t, err)
		}
	}
	require.NoError(t, w.Close())
	require.NoError(t, g.Close())
	return b.String()
}

// file is an entry of an archive.
func file(name, text string) tar.Header {
	return tar.Header{Typeflag: tar.TypeReg, Name: name, Linkname: text}
}

// found lists submissions as "student lab: file=text ...", and problems.
func found(t *testing.T, dir string) (submissions, problems []string) {
	t.Helper()
	c, err := Dir(dir, labs)
	require.NoError(t, err)
	for _, s := range c.Submissions {
		text := s.Student + " " + s.Lab.ID + ":"
		for _, f := range s.Files {
			text += fmt.Sprintf(" %s=%s", f.Name, f.Data)
		}
		submissions = append(submissions, text)
	}
	for _, p := range c.Problems {
		problems = append(problems, p.String())
	}
	return submissions, problems
}

func TestWhereSubmissionsAreFound(t *testing.T) {
	for _, row := range []struct {
		name  string
		files []string
		want  []string
	}{
		{"a folder with numbers", []string{"amira/04/append.go", "a", "amira/05/chat.go", "c"}, []string{"amira 04: append.go=a", "amira 05: chat.go=c"}},
		{"a copy of the kit", []string{
			"amira/labs/04/append.go", "a", "amira/labs/04/more.go", "m", "amira/labs/04/append_test.go", "t", "amira/labs/04/README.md", "r",
			"amira/labs/04/cmd/append/main.go", "p", "amira/labs/04/disk/log.go", "h", "amira/labs/04/disk/append.go", "h",
			"amira/solutions/04/append.go", "s", "amira/.git/04/append.go", "g",
		}, []string{"amira 04: append.go=a more.go=m"}},
		{"an archive", []string{"amira.zip", zipped(t, "kit-main/labs/04/append.go", "a", "kit-main/go.mod", "m")}, []string{"amira 04: append.go=a"}},
		{"an archive with backslashes", []string{"amira.zip", zipped(t, `labs\04\append.go`, "a")}, []string{"amira 04: append.go=a"}},
		{"a tar archive", []string{"amira.tar.gz", tarred(t, file("./04/append.go", "a")), "ben.tgz", tarred(t, file("04/append.go", "b"))}, []string{"amira 04: append.go=a", "ben 04: append.go=b"}},
		{"a loose file", []string{"amira/append.go", "a", "amira/chat.go", "c", "amira/other.go", "o"}, []string{"amira 04: append.go=a", "amira 05: chat.go=c"}},
		{"a folder of their own", []string{"amira/Lab 4/append.go", "a"}, []string{"amira 04: append.go=a"}},
		{"Moodle", []string{
			"Amira Khan_1234567_assignsubmission_file_/append.go", "a",
			"Ben Öz_7654321_assignsubmission_file_/work.zip", zipped(t, "04/append.go", "b"),
		}, []string{"Amira Khan 04: append.go=a", "Ben Öz 04: append.go=b"}},
		{"Canvas", []string{
			"khanamira_12345_67890_append-1.go", "a", "khanamira_12345_67891_chat.go", "c",
			"ozben_LATE_12346_67892_work.zip", zipped(t, "append.go", "b"),
		}, []string{"khanamira 04: append.go=a", "khanamira 05: chat.go=c", "ozben 04: append.go=b"}},
		{"what the gate will refuse", []string{"amira/04/append.go", "a", "amira/04/fast.s", "s"}, []string{"amira 04: append.go=a fast.s=s"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			submissions, problems := found(t, write(t, row.files...))
			assert.Equal(t, row.want, submissions)
			assert.Empty(t, problems)
		})
	}
}

func TestWhatIsNotTakenIsTold(t *testing.T) {
	large := strings.Repeat("x", maxFile+1)
	for _, row := range []struct {
		name  string
		files []string
		want  string
	}{
		{"no lab", []string{"zoe/notes.txt", "n"}, "zoe: there is no lab in it"},
		{"no archive", []string{"zoe.rar", "n"}, "zoe.rar: it is neither a folder nor a .zip or .tar.gz"},
		{"a broken archive", []string{"zoe.zip", "n"}, "zoe.zip: it cannot be read: zip: not a valid zip file"},
		{"a broken tar archive", []string{"zoe.tgz", "n"}, "zoe.tgz: it cannot be read: "},
		{"half an archive", []string{"zoe.tgz", tarred(t, file("04/append.go", "a"))[:40]}, "zoe.tgz: it cannot be read: "},
		{"a name that leads out", []string{"zoe.zip", zipped(t, "../04/append.go", "a")}, `zoe.zip: the archive has an entry that leads out of it, "../04/append.go"`},
		{"a name that leads out, by a backslash", []string{"zoe.zip", zipped(t, `..\04\append.go`, "a")}, `leads out of it, "..\\04\\append.go"`},
		{"an absolute name", []string{"zoe.tgz", tarred(t, file("/04/append.go", "a"))}, `absolute name, "/04/append.go"`},
		{"a drive", []string{"zoe.zip", zipped(t, `C:\04\append.go`, "a")}, `absolute name, "C:\\04\\append.go"`},
		{"a link", []string{"zoe.tgz", tarred(t, tar.Header{Typeflag: tar.TypeSymlink, Name: "04/append.go", Linkname: "/etc/passwd"})}, `that is no file, "04/append.go"`},
		{"a hard link", []string{"zoe.tgz", tarred(t, tar.Header{Typeflag: tar.TypeLink, Name: "04/append.go", Linkname: "/etc/passwd"})}, `that is no file, "04/append.go"`},
		{"a device", []string{"zoe.tgz", tarred(t, tar.Header{Typeflag: tar.TypeChar, Name: "04/append.go"})}, `that is no file, "04/append.go"`},
		{"a large file", []string{"zoe.zip", zipped(t, "04/append.go", large)}, "zoe.zip: 04/append.go has more than 1048576 bytes"},
		{"a large file in a folder", []string{"zoe/04/append.go", large}, "zoe: 04/append.go has more than 1048576 bytes"},
		{"two of one name", []string{"zoe/04/append.go", "a", "zoe.zip", zipped(t, "04/append.go", "b")}, "zoe.zip: zoe is the name of zoe already; rename one of them"},
		{"two students of one name, from Canvas", []string{"kimminsu_12345_1_append.go", "a", "kimminsu_67890_2_chat.go", "c"}, "kimminsu_67890_2_chat.go: kimminsu is the name of kimminsu_12345_1_append.go already; rename one of them"},
		{"a lab twice", []string{"zoe/04/append.go", "a", "zoe/old/04/append.go", "b"}, "zoe/old/04: lab 04 is also in zoe/04, which is nearer to the top and was taken"},
	} {
		t.Run(row.name, func(t *testing.T) {
			submissions, problems := found(t, write(t, append(row.files, "amira/04/append.go", "a")...))
			assert.Contains(t, submissions, "amira 04: append.go=a", "the others are not disturbed")
			require.Len(t, problems, 1)
			assert.Contains(t, problems[0], row.want)
		})
	}
}

func TestBombsAreRefused(t *testing.T) {
	defer func(entries int, unpacked int64) { maxEntries, maxUnpacked = entries, unpacked }(maxEntries, maxUnpacked)
	maxEntries, maxUnpacked = 100, 1<<20
	files := []string{}
	for i := range maxEntries + 1 {
		files = append(files, fmt.Sprintf("%d.txt", i), "")
	}
	large := tarred(t, file("zeros.txt", strings.Repeat("\x00", 1<<20)), file("04/append.go", "a"))
	submissions, problems := found(t, write(t, "many.zip", zipped(t, files...), "large.tgz", large, "amira/04/append.go", "a"))
	assert.Equal(t, []string{"amira 04: append.go=a"}, submissions)
	require.Len(t, problems, 2)
	assert.Contains(t, problems[0], "large.tgz: it cannot be read: it unpacks to more than")
	assert.Contains(t, problems[1], "many.zip: it has more than 100 files")
}

func TestLinksInFoldersAreNotFollowed(t *testing.T) {
	dir := write(t, "amira/04/append.go", "a", "secret/chat.go", "s")
	if err := os.Symlink(filepath.Join(dir, "secret"), filepath.Join(dir, "amira", "05")); err != nil {
		t.Logf("no links here, and so nothing that could be followed: %v", err)
		return
	}
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "ben", "04"), 0o755))
	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(dir, "ben", "04", "append.go")))
	require.NoError(t, os.Symlink(filepath.Join(dir, "amira"), filepath.Join(dir, "copycat")))
	submissions, problems := found(t, dir)
	assert.Equal(t, []string{"amira 04: append.go=a", "secret 05: chat.go=s"}, submissions)
	require.Len(t, problems, 2)
	assert.Contains(t, problems[0], "ben: 04/append.go is no regular file")
	assert.Contains(t, problems[1], "copycat: it is neither a folder nor")
}

func TestFolderThatIsNotThere(t *testing.T) {
	_, err := Dir(filepath.Join(t.TempDir(), "nowhere"), labs)
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.ErrorContains(t, err, "submissions: ")
}
