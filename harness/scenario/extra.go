package scenario

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// An Extra is what the scripts of one lab have besides the commands of this package. The zero value is nothing.
type Extra struct {
	Assertions map[string]Assertion // by the first words of their lines
	Stores     string               // the file in the server's folder that holds what clients have sent; "" if there is none
}

// An Assertion is a command about what the server has left in its folder, dir. files are those of the script, args the words behind
// the command's first. It says what is wrong, "" if nothing is; an error is for a script that cannot be played.
type Assertion func(dir string, files Files, args []string) (wrong string, err error)

// command makes one of an assertion.
func (a Assertion) command(p *play, _ *Step, args []string) error {
	if p.server == nil {
		return errors.New("it is about a server, and serve has not been before")
	}
	wrong, err := a(p.dir, p.transcript.Files, args)
	if err == nil && wrong != "" {
		err = p.blame(wrong, "")
	}
	return err
}

// verbs are all commands that a script may have.
func (e Extra) verbs() (map[string]command, error) {
	all := map[string]command{}
	for name, run := range verbs {
		all[name] = run
	}
	for name, a := range e.Assertions {
		if all[name] != nil {
			return nil, fmt.Errorf("there is a command %s already, in every lab's scripts", name)
		}
		all[name] = a.command
	}
	return all, nil
}

// stored is what the server has stored in dir, nil if it has not.
func (e Extra) stored(dir string) ([]byte, error) {
	if e.Stores == "" {
		return nil, nil
	}
	data, err := os.ReadFile(filepath.Join(dir, e.Stores))
	if os.IsNotExist(err) {
		return nil, nil
	}
	return data, err
}
