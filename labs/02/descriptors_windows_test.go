package serial_test

import (
	"syscall"
	"unsafe"
)

var getProcessHandleCount = syscall.NewLazyDLL("kernel32.dll").NewProc("GetProcessHandleCount")

// openDescriptors counts the handles that this process has open; some belong to its threads. ok is
// false where that cannot be found out.
func openDescriptors() (n int, ok bool) {
	process, err := syscall.GetCurrentProcess()
	if err != nil {
		return 0, false
	}
	var count uint32
	done, _, _ := getProcessHandleCount.Call(uintptr(process), uintptr(unsafe.Pointer(&count)))
	return int(count), done != 0
}
