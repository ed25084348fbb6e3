package build

import (
	"testing"
	"time"
)

// SetCPU bounds the processor time of builds during a test.
func SetCPU(t *testing.T, limit time.Duration) {
	before := buildCPU
	t.Cleanup(func() { buildCPU = before })
	buildCPU = limit
}

// Link is the link to a Go that was fetched into a module cache.
func Link(modules, goroot string) (string, error) {
	return (&toolchain{GOROOT: goroot, GOMODCACHE: modules, GOVERSION: "go1.27.4"}).link()
}
