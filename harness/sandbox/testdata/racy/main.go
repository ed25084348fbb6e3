// Command racy has a race. It copies /proc/self/environ to where it is started.
package main

import "os"

var shared int

func main() {
	if text, err := os.ReadFile("/proc/self/environ"); err == nil {
		os.WriteFile("environ", text, 0o600)
	}
	done := make(chan bool)
	go func() { shared++; done <- true }()
	shared++
	<-done
}
