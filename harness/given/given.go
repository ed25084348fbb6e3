// Package given holds what a process was given when it started, out of reach of the code that is
// tried in it: that code can read and change the environment and os.Args, also before main.
//
//	env, err := given.Secrets(dir, map[string]string{"key": key}) // in the process that starts another one
//	cmd.Env = append(cmd.Env, env)
//
//	given.Secret("key")                                           // in the other one
//
// Package build makes every student's package import this one, so that it is initialized first. The secrets are
// in the memory of the process: who can read that (unsafe, /proc/self/mem) can read them.
package given

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const fileEnv = "LOCKSTEP_GIVEN"

var (
	secrets = take()
	program = os.Args[0]
	environ = os.Environ()
)

// take reads the secrets, and leaves no trace of where they were.
func take() map[string]string {
	file := os.Getenv(fileEnv)
	if file == "" {
		return nil
	}
	var all map[string]string
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, &all)
	}
	if err == nil {
		err = os.Remove(file)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "lockstep: what this process should know cannot be read:", err)
		os.Exit(3)
	}
	os.Unsetenv(fileEnv)
	return all
}

// Secret returns one of the secrets, "" if it was not given.
func Secret(name string) string { return secrets[name] }

// Program is the name by which this process was started.
func Program() string { return program }

// Getenv returns a variable of [Environ], "" if it is not there.
func Getenv(name string) string {
	for _, kv := range slices.Backward(environ) {
		if value, ok := strings.CutPrefix(kv, name+"="); ok {
			return value
		}
	}
	return ""
}

// Environ is the environment with which this process was started. The slice belongs to the caller.
func Environ() []string { return slices.Clone(environ) }

// Secrets keeps secrets in dir for one process, and returns what that process needs in its environment.
func Secrets(dir string, all map[string]string) (env string, err error) {
	data, err := json.Marshal(all)
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, ".given-"+rand.Text())
	return fileEnv + "=" + file, os.WriteFile(file, data, 0o600)
}
