//go:build unix

package steer

import (
	"os"
	"syscall"
	"unsafe"
)

// Open returns a recording in a file of [Size] bytes, which has it also when this process crashes.
func Open(name string) (*Recording, error) {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := syscall.Mmap(int(f.Fd()), 0, int(Size), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, &os.PathError{Op: "mmap", Path: name, Err: err}
	}
	return &Recording{log: (*log)(unsafe.Pointer(&data[0]))}, nil
}
