package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Read reads results.json. One that is not there is none, and no error. Nobody but grade writes it: what does not fit together is
// refused, with what to do about it.
func Read(file string) (*Results, error) {
	var r Results
	err := read(file, &r, &r.Schema)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := r.fits(); err != nil {
		return nil, fmt.Errorf("%s is not what grade has written: %w; grade again, or name another file", file, err)
	}
	for i, s := range r.Submissions {
		r.Submissions[i] = s.bounded()
	}
	return &r, nil
}

// Write writes results.json, all of it or nothing.
func (r *Results) Write(file string) error { return write(file, r) }

// A single is one submission's result in a file of its own.
type single struct {
	Schema     string           `json:"schema"`
	For        string           `json:"for"` // the name of the file, which stands for everything that the result depends on
	Submission SubmissionResult `json:"submission"`
}

// ReadOne reads what [SubmissionResult.Write] has written. It refuses what does not fit together, and what was written under another name.
func ReadOne(file string) (SubmissionResult, error) {
	var one single
	if err := read(file, &one, &one.Schema); err != nil {
		return SubmissionResult{}, err
	}
	if one.For != filepath.Base(file) {
		return SubmissionResult{}, fmt.Errorf("%s was written as %q", file, one.For)
	}
	if err := one.Submission.fits(); err != nil {
		return SubmissionResult{}, fmt.Errorf("%s is not what grade has written: %w", file, err)
	}
	return one.Submission.bounded(), nil
}

// Write writes the result of one submission, all of it or nothing.
func (s SubmissionResult) Write(file string) error {
	return write(file, single{Schema, filepath.Base(file), s})
}

// read reads a file of this package into a form, of which schema is a part.
func read(file string, form any, schema *string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, form); err != nil {
		return fmt.Errorf("%s is not what grade has written: %w", file, err)
	}
	if *schema != Schema {
		return fmt.Errorf("%s has the schema %q, and should have %q", file, *schema, Schema)
	}
	return nil
}

func write(file string, form any) error {
	data, err := json.MarshalIndent(form, "", "  ")
	if err != nil {
		return err
	}
	return WriteFile(file, append(data, '\n'))
}

// WriteFile writes a file, all of it or nothing.
func WriteFile(file string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(file), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone already, unless something went wrong
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Chmod(0o644), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}
