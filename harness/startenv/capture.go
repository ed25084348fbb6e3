package startenv

import (
	"io"
	"log"
	"os"
)

// A Capture has what is printed while it is on. The zero value is off.
type Capture struct {
	file        *os.File // nil if nothing is captured
	out, errout *os.File // where it went before
	logged      io.Writer
}

// Begin takes what is printed from here on.
func (c *Capture) Begin() {
	file, err := os.CreateTemp("", "printed-")
	if err != nil {
		return // then it is printed where it always was
	}
	*c = Capture{file, os.Stdout, os.Stderr, log.Writer()}
	os.Stdout, os.Stderr = file, file
	log.SetOutput(file)
}

// End puts the streams back, unless somebody else has put others there, and returns what was printed.
func (c *Capture) End() string {
	if c.file == nil {
		return ""
	}
	if os.Stdout == c.file {
		os.Stdout = c.out
	}
	if os.Stderr == c.file {
		os.Stderr = c.errout
	}
	if log.Writer() == c.file {
		log.SetOutput(c.logged)
	}
	c.file.Seek(0, io.SeekStart)
	text, _ := io.ReadAll(io.LimitReader(c.file, 4096)) // more is the same
	c.file.Close()
	os.Remove(c.file.Name())
	c.file = nil
	return string(text)
}
