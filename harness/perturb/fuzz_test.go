package perturb

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lockstep/harness/lab"
)

// FuzzFile looks for a Go file that does not survive.
func FuzzFile(f *testing.F) {
	for _, pattern := range []string{"*.go", "testdata/*/*.go", "engine/*.go", "sync/*.go"} {
		files, err := filepath.Glob(pattern)
		require.NoError(f, err)
		for _, file := range files {
			src, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(src)
		}
	}
	for _, src := range []string{
		"package p;import\"sync\";import`sync`;func f(){sync.X()}",
		"package p;func f(){x:y:for{break x};goto x}",
		"package p;func f(){select{case<-c:default:}}",
		"//line a:1\npackage p/*line :2:2*/;func f(){/*line b:3:3*/g();/*line :4:4*/}",
		"\ufeffpackage p\r\nfunc(T)_(){{};;{}}",
		"package p;//go:nosplit\nfunc f(){g()}",
		"package p;var lockstep_engine=0;type lockstep_engine_ struct{lockstep_engine__ int};func lockstep_engine___(){}",
		"package p;import lockstep_engine\"time\";import.\"sync\";func f[lockstep_engine_ any](){lockstep_engine__:goto lockstep_engine__}",
	} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if mustSurvive(t, "fuzz.go", src) {
			packageMustSurvive(t, []lab.File{
				{Name: "fuzz.go", Data: src},
				{Name: "other.go", Data: []byte("package p; import \"sync\"; var other sync.Mutex; func _() { other.Lock() }")},
			})
		}
	})
}
