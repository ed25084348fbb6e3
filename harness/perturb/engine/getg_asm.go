//go:build amd64 || arm64

package engine

import "unsafe"

const haveGetg = true

// getg returns the address of the runtime's record of the calling goroutine.
func getg() unsafe.Pointer
