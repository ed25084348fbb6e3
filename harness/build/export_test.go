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
