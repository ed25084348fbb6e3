package collect

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/visible"
)

// lower makes limits small, so that bombs can be.
func lower(t *testing.T, entries int, unpacked int64, held int) {
	e, u, h := maxEntries, maxUnpacked, maxHeld
	maxEntries, maxUnpacked, maxHeld = entries, unpacked, held
	t.Cleanup(func() { maxEntries, maxUnpacked, maxHeld = e, u, h })
}

// overlapping is a .zip with many entries that are all the same bytes, which are many and unpack to nothing.
func overlapping(t *testing.T, entries, size int) string {
	t.Helper()
	var hollow bytes.Buffer
	d, err := flate.NewWriter(&hollow, flate.NoCompression)
	require.NoError(t, err)
	for hollow.Len() < size {
		require.NoError(t, d.Flush()) // an empty block
	}
	require.NoError(t, d.Close())
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateRaw(&zip.FileHeader{Name: "04/append.go", Method: zip.Deflate, CompressedSize64: uint64(hollow.Len())})
	require.NoError(t, err)
	_, err = w.Write(hollow.Bytes())
	require.NoError(t, err)
	require.NoError(t, z.Close())
	data := b.Bytes()
	end := bytes.LastIndex(data, []byte("PK\x05\x06"))
	at := int(binary.LittleEndian.Uint32(data[end+16:]))
	list := data[at:end]
	out := bytes.NewBuffer(bytes.Clone(data[:at]))
	for range entries {
		out.Write(list)
	}
	tail := bytes.Clone(data[end:])
	binary.LittleEndian.PutUint16(tail[8:], uint16(entries))
	binary.LittleEndian.PutUint16(tail[10:], uint16(entries))
	binary.LittleEndian.PutUint32(tail[12:], uint32(entries*len(list)))
	out.Write(tail)
	return out.String()
}

func TestOneStudentHasOneBudget(t *testing.T) {
	lower(t, 400, 2<<20, 96<<20)
	many := func(n int, name, text string) []string {
		var files []string
		for i := range n {
			files = append(files, fmt.Sprintf(name, i), text)
		}
		return files
	}
	spaces := strings.Repeat(" ", 500<<10)
	path := strings.Repeat("folder/", 600)
	for _, row := range []struct {
		name  string
		files []string
		want  string
	}{
		{"many archives", many(401, "zoe/%d.zip", zipped(t)), "zoe: it has more than 400 files"},
		{"many files in many archives", many(30, "zoe/%d.zip", zipped(t, many(20, "%d.txt", "")...)), "zoe: it has more than 400 files"},
		{"many files in many folders", many(401, "zoe/%d/x.txt", ""), "zoe: it has more than 400 files"},
		{"archives that unpack to much", many(9, "zoe/%d.zip", zipped(t, "04/append.go", spaces)), "zoe: 4.zip/04/append.go: it unpacks to more than 2097152 bytes"},
		{"archives of other kinds", many(9, "zoe/%d.tgz", tarred(t, file("notes.txt", spaces))), "zoe: it cannot be read: it unpacks to more than 2097152 bytes"},
		{"both", append(many(3, "zoe/%d.tgz", tarred(t, file("notes.txt", spaces))), many(3, "zoe/%d.zip", zipped(t, "04/append.go", spaces))...), "it unpacks to more than 2097152 bytes"},
		{"an archive that unpacks to nothing, very slowly", []string{"zoe.zip", overlapping(t, 50, 100<<10)}, "zoe.zip: 04/append.go: it unpacks to more than"},
		{"loose files", many(401, "zoe_1_%d_append.go", "package appendlog"), "it has more than 400 files"},
		{"a list of files that is too long", []string{"zoe.zip", zipped(t, many(80, strings.Repeat("x", 60_000)+"%d", "")...)}, "zoe.zip: it cannot be read: its list of files has more than 4194304 bytes"},
		{"a long path", []string{"zoe.zip", zipped(t, path+"04/append.go", "a")}, "bytes long, and may be 4096"},
		{"large files", many(17, "zoe/%d/04/append.go", strings.Repeat(" ", 1<<20)), "zoe: its Go files have more than 16777216 bytes together"},
		{"a lab of many files", append(many(101, "zoe/04/f%d.go", "a"), "zoe/04/append.go", "a"), "zoe/04: it has 102 files for lab 04, and may have 100"},
		{"a lab of many bytes", append(many(2, "zoe/04/f%d.go", strings.Repeat(" ", 600<<10)), "zoe/04/append.go", "a"), "zoe/04: its files for lab 04 have 1228801 bytes, and may have 1048576"},
		{"a long name", []string{"zoe/04/append.go", "a", "zoe/04/" + strings.Repeat("y", 98) + ".go", "a"}, "yy.go\" has 101 bytes, and may have 100; rename the file"},
		{"a name that no file system takes", []string{"zoe.zip", zipped(t, "04/append.go", "a", "04/"+strings.Repeat("y", 300)+".go", "a")}, "yy.go\" has 303 bytes, and may have 100; rename the file"},
	} {
		t.Run(row.name, func(t *testing.T) {
			submissions, problems := found(t, write(t, append(row.files, "amira/04/append.go", "a")...))
			assert.Contains(t, submissions, "amira 04: append.go=a", "the others are not disturbed")
			require.NotEmpty(t, problems)
			assert.Contains(t, problems[0], row.want)
			for _, p := range problems {
				assert.Less(t, len(p), 2*maxSaid+50)
			}
		})
	}
}

// Another lab of the same student's is no worse for it.
func TestOtherLabsOfOneWhoIsOverAreTaken(t *testing.T) {
	submissions, problems := found(t, write(t, "zoe/04/append.go", "a", "zoe/04/"+strings.Repeat("y", 98)+".go", "a", "zoe/05/chat.go", "c"))
	assert.Equal(t, []string{"zoe 05: chat.go=c"}, submissions)
	assert.Len(t, problems, 1)
}

func TestLargestMakeRoomForTheClass(t *testing.T) {
	lower(t, 400, 2<<20, 100_000)
	var files []string
	for i := range 30 {
		files = append(files, fmt.Sprintf("zoe%02d/04/append.go", i), strings.Repeat(" ", 10_000+i))
	}
	for i := range 30 {
		files = append(files, fmt.Sprintf("ann%02d/04/append.go", i), strings.Repeat(" ", 500), fmt.Sprintf("zz%02d/04/append.go", i), "z")
	}
	c, err := Dir(write(t, files...), labs)
	require.NoError(t, err)
	held := 0
	small := 0
	for _, s := range c.Submissions {
		held += s.size()
		if !strings.HasPrefix(s.Student, "zoe") {
			small++
		}
	}
	assert.LessOrEqual(t, held, 100_000)
	assert.Equal(t, 60, small, "whoever hands in a lab keeps it")
	assert.Len(t, c.Problems, 30-8)
	assert.Equal(t, "zoe29/04: all submissions have more than 100000 bytes together, and these 10029 for lab 04 are the most; grade fewer at a time", c.Problems[21].String())
}

func TestProblemsAreBounded(t *testing.T) {
	var files []string
	for i := range 40 {
		files = append(files, fmt.Sprintf("kim_1_%d_notes.txt", i), "", fmt.Sprintf("s%02d.rar", i), "")
	}
	_, problems := found(t, write(t, files...))
	require.Len(t, problems, maxTold+1+40)
	assert.Equal(t, "kim: and 35 more", problems[0])

	files = nil
	for i := range maxClass + 7 {
		files = append(files, fmt.Sprintf("%04d.rar", i), "")
	}
	_, problems = found(t, write(t, files...))
	require.Len(t, problems, maxClass+1)
	assert.Equal(t, "others: and 7 more", problems[maxClass])
}

func TestDeepFoldersEnd(t *testing.T) {
	dir := write(t, "amira/04/append.go", "a")
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	at := root
	for i := range 60 {
		name := strings.Repeat("d", 100)
		if i == 0 {
			name = "zoe"
		}
		require.NoError(t, at.Mkdir(name, 0o755))
		next, err := at.OpenRoot(name)
		require.NoError(t, err)
		at.Close()
		at = next
	}
	at.Close()
	submissions, problems := found(t, dir)
	assert.Equal(t, []string{"amira 04: append.go=a"}, submissions)
	require.Len(t, problems, 1)
	assert.Contains(t, problems[0], "bytes long, and may be 4096")
}

func TestEntriesOfEveryNameDisturbNobody(t *testing.T) {
	for _, name := range []string{
		"04/\xff.go", "04/a\nb.go", "04/\u202e.go", "04/.go", "04/ .go", "04/append.go/x.go", "04", "04/Append.go", "04/APPEND.GO", "04/CON.go", "04/con", "04/*.go",
		"04/a;b.go", "04/-x.go", "04/append.go:x", "04/append.go ", "04/append.go.", "\xb0\xfa\xc1\xa6/04/append.go", strings.Repeat("x", 300), "04/append_test.go", "04/\x1b[2J.go", "./04/append.go", "04//append.go",
	} {
		for kind, archive := range map[string]string{
			"zip": zipped(t, "04/append.go", "a", name, "b"), "tgz": tarred(t, file("04/append.go", "a"), tar.Header{Typeflag: tar.TypeReg, Name: name, Linkname: "b", Format: tar.FormatGNU}),
		} {
			submissions, problems := found(t, write(t, "zoe."+kind, archive, "amira/04/append.go", "a"))
			assert.Equal(t, "amira 04: append.go=a", submissions[0], "%q", name)
			assert.GreaterOrEqual(t, len(submissions)-1+len(problems), 1, "%q in a %s", name, kind)
		}
	}
}

func TestStudentsOfEveryNameStayApart(t *testing.T) {
	names := []string{
		"\xff", "\xfe", `\xff`, "\xb1\xe8\xb9\xce\xbc\xf6", "amira", "Amira", "AMIRA", "O\u0308z", "Öz", "\x1b[2J", "\u009b31m", "\x7f", "\u202efdp", "fdp", "a\nb", "a\rb", " a", "a ", "a  b", "a b",
		".amira", "-rf", "con", "=1+1", "x;y", "\u3164", "\ufffd", "\U000e0041", "'", `"`, "<b>", strings.Repeat("\xff", 255), strings.Repeat("x", 255),
	}
	dir := t.TempDir()
	for _, name := range names {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, name, "04"), 0o755), "%q", name)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name, "04", "append.go"), []byte(name), 0o644))
	}
	for _, name := range []string{".zip", "\xee.zip", ".x.tgz", "\xff_1_assignsubmission_file_"} {
		if strings.HasSuffix(name, "_") {
			require.NoError(t, os.Mkdir(filepath.Join(dir, name), 0o755))
			continue
		}
		archive := zipped(t, "04/append.go", name)
		if strings.HasSuffix(name, "tgz") {
			archive = tarred(t, file("04/append.go", name))
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(archive), 0o644))
	}
	for _, name := range []string{".git/04/append.go", "._amira.zip", ".DS_Store"} { // nobody's
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o644))
	}
	c, err := Dir(dir, labs)
	require.NoError(t, err)
	students := map[string]string{} // whose text it is
	for _, s := range c.Submissions {
		students[s.Student] = string(s.Files[0].Data)
	}
	assert.Len(t, students, len(names)+3)
	for student, text := range students {
		raw, ok := visible.Raw(student)
		assert.True(t, ok, student)
		assert.True(t, raw == text || strings.HasPrefix(text, raw+"."), "%q and %q", raw, text)
	}
	require.Len(t, c.Problems, 1)
	assert.Equal(t, `\xff_1_assignsubmission_file_: \xff is the name of \xff already; rename one of them`, c.Problems[0].String())
}

func TestLooseFilesOfOneStudentAreOneSubmission(t *testing.T) {
	submissions, problems := found(t, write(t, "kim_1_1_append.go", "a", "kim_1_2_chat.go", strings.Repeat("x", maxFile+1), "kim_1_3_more.go", "m"))
	assert.Equal(t, []string{"kim 04: append.go=a"}, submissions, "as far as they can be read")
	assert.Len(t, problems, 1)
}
