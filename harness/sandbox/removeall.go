package sandbox

import (
	"crypto/rand"
	"os"
	"path/filepath"
)

// RemoveAll removes a folder in which a confined process may have written, once [Cmd.Wait] has
// returned. It copes with folders that lie in one another by the thousands, for which os.RemoveAll
// needs as many open files, and with those that may not be looked into.
func RemoveAll(dir string) error {
	for {
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) == 0 {
			return os.RemoveAll(dir)
		}
		for _, entry := range entries {
			path := filepath.Join(dir, entry.Name())
			if entry.IsDir() {
				err = lift(path, dir)
			}
			if err == nil {
				err = os.RemoveAll(path)
			}
			if err != nil {
				return err
			}
		}
	}
}

// lift moves the folders in from to the folder to, under new names.
func lift(from, to string) error {
	if err := os.Chmod(from, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		path := filepath.Join(from, entry.Name())
		if err := os.Chmod(path, 0o700); err != nil { // or it could not be moved
			return err
		}
		if err := os.Rename(path, filepath.Join(to, rand.Text())); err != nil {
			return err
		}
	}
	return nil
}
