package sandbox_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"lockstep/harness/sandbox"
)

// What runs in the boxes is this test binary again, with the name of a program in the environment.
const programEnv = "SANDBOX_PROGRAM"

var programs map[string]func(args []string)

func init() {
	programs = map[string]func(args []string){
		"nothing": func([]string) {},
		"describe": func(args []string) {
			dir, _ := os.Getwd()
			in, _ := io.ReadAll(os.Stdin)
			fmt.Printf("%q %q %q", dir, args, in)
			fmt.Fprint(os.Stderr, "to standard error")
		},
		"environment": func([]string) { fmt.Print(strings.Join(os.Environ(), "\n")) },
		"exit": func(args []string) {
			status, _ := strconv.Atoi(args[0])
			os.Exit(status)
		},
		"kill itself": func([]string) {
			syscall.Kill(os.Getpid(), syscall.SIGKILL) // process 1 of a namespace cannot
			os.Exit(128 + 9)
		},
		"wait": func([]string) {
			fmt.Println("ready")
			select {}
		},
		"wait for the end of input": func([]string) {
			fmt.Println("ready")
			io.Copy(io.Discard, os.Stdin)
		},
		"read":   read,
		"write":  write,
		"dial":   dial,
		"unix":   dialUnix,
		"listen": listen,
		"interfaces": func([]string) {
			all, err := net.Interfaces()
			for _, i := range all {
				fmt.Print(i.Name, " ")
			}
			fmt.Print(err)
		},
		"pipes": func([]string) { // that are open, besides the standard ones
			for fd := 3; fd < 100; fd++ {
				var stat syscall.Stat_t
				if syscall.Fstat(fd, &stat) == nil && stat.Mode&syscall.S_IFMT == syscall.S_IFIFO {
					fmt.Println(fd)
				}
			}
		},
		"make a namespace": func([]string) {
			cmd := again("nothing")
			cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER}
			fmt.Print(outcome(cmd.Run()))
		},
		"mount": func(args []string) { fmt.Print(outcome(syscall.Mount("none", args[0], "tmpfs", 0, ""))) },
		"kill": func(args []string) {
			pid, _ := strconv.Atoi(args[0])
			if pid == 0 {
				pid = os.Getppid()
			}
			signal.Ignore(syscall.SIGTERM)
			syscall.Kill(pid, syscall.SIGTERM)
			syscall.Kill(pid, syscall.SIGKILL)
		},
		"plant": plant,

		"take memory":          takeMemory,
		"take memory together": func(args []string) { together("take memory", args...) },
		"leave behind and wait": func([]string) {
			leaveBehind(nil)
			fmt.Println("ready")
			select {}
		},
		"fork":             forkBomb,
		"take threads":     takeThreads,
		"spin":             func([]string) { spin() },
		"spin in children": func([]string) { together("spin") },
		"print":            func([]string) { printForEver() },
		"fill":             func(args []string) { fill(args[0]) },
		"fill files":       fillFiles,
		"empty files":      emptyFiles,
		"deleted file":     deletedFile,
		"nest folders":     nestFolders,
		"leave behind":     leaveBehind,
		"outlive":          outlive,
		"find":             find,
		"grader":           grader,
		"rival":            rivalProgram,

		"scratch again and again": scratchAgain,
	}
}

func TestMain(m *testing.M) {
	sandbox.Main()
	if name := os.Getenv(programEnv); name != "" {
		programs[name](os.Args[1:])
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func find([]string) {
	_, err := sandbox.Find()
	fmt.Println(outcome(err))
}

// again is a program as a child of this one, with the same standard output.
func again(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), programEnv+"="+program)
	cmd.Stdout = os.Stdout
	return cmd
}

func outcome(err error) string {
	if err == nil {
		return "done"
	}
	return "refused: " + err.Error()
}

func read(paths []string) {
	for _, path := range paths {
		_, err := os.ReadFile(path)
		if info, statErr := os.Stat(path); statErr == nil && info.IsDir() {
			_, err = os.ReadDir(path)
		}
		fmt.Println(outcome(err))
	}
}

func write(paths []string) {
	for _, path := range paths {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
		if err == nil {
			_, err = f.WriteString("written")
		}
		fmt.Println(outcome(err))
	}
}

func dial(addrs []string) {
	for _, addr := range addrs {
		_, err := net.DialTimeout("tcp", addr, 5*time.Second)
		fmt.Println(outcome(err))
	}
}

func dialUnix(addrs []string) {
	for _, addr := range addrs {
		_, err := net.Dial("unix", addr)
		fmt.Println(outcome(err))
	}
}

func listen(hosts []string) {
	for _, host := range hosts {
		ln, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
		if err == nil {
			go ln.Accept()
			_, err = net.Dial("tcp", ln.Addr().String())
		}
		fmt.Println(outcome(err))
	}
}

// plant leaves what may harm who looks into the folder afterwards.
func plant(args []string) {
	secret, dir := args[0], args[1]
	link := filepath.Join(dir, "link")
	fmt.Println(outcome(os.Symlink(secret, link)))
	read([]string{link})
	fmt.Println(outcome(os.WriteFile(link, []byte("mine"), 0o600)))
	fmt.Println(outcome(os.Link(secret, filepath.Join(dir, "hard"))))
	fmt.Println(outcome(syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600)))
}

var taken [][]byte

// takeMemory takes so many MiB, and keeps them.
func takeMemory(args []string) {
	n, _ := strconv.Atoi(args[0])
	for range n {
		b := make([]byte, 1<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		taken = append(taken, b)
	}
	select {}
}

// together runs four of a program.
func together(program string, args ...string) {
	for range 4 {
		if err := again(program, args...).Start(); err != nil {
			fmt.Println(err)
		}
	}
	select {}
}

// forkBomb starts two of its kind, so many generations long: if nobody stops it, it stops by itself.
func forkBomb(args []string) {
	generations, _ := strconv.Atoi(args[0])
	for range 2 {
		if generations > 0 {
			again("fork", strconv.Itoa(generations-1)).Start()
		}
	}
	select {}
}

func takeThreads([]string) {
	for range 2000 {
		go func() {
			runtime.LockOSThread()
			syscall.Pause()
		}()
	}
	select {}
}

func spin() {
	//lint:ignore SA5002 it is killed for that
	for {
	}
}

func printForEver() {
	line := strings.Repeat("x", 1<<16)
	for {
		os.Stdout.WriteString(line)
	}
}

// fill writes to a file until that fails, in pieces that leave no room.
func fill(path string) {
	f, err := os.Create(path)
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	fmt.Print(outcome(err))
}

func fillFiles(args []string) {
	var err error
	for i := 0; err == nil; i++ {
		err = os.WriteFile(filepath.Join(args[0], strconv.Itoa(i)), make([]byte, 1<<20), 0o600)
	}
	fmt.Print(outcome(err))
}

func emptyFiles(args []string) {
	for i := 0; ; i++ {
		if os.WriteFile(filepath.Join(args[0], strconv.Itoa(i)), nil, 0o600) != nil {
			return
		}
	}
}

func deletedFile(args []string) {
	f, _ := os.Create(filepath.Join(args[0], "deleted"))
	os.Remove(f.Name())
	f.Write(make([]byte, 1<<20)) // less than the size at which the kernel stops it
	g, _ := os.Create(filepath.Join(args[0], "deleted"))
	os.Remove(g.Name())
	g.Write(make([]byte, 1<<20))
	select {}
}

func nestFolders(args []string) {
	os.Chdir(args[0])
	for {
		if os.Mkdir("d", 0o700) != nil || os.Chdir("d") != nil {
			select {}
		}
	}
}

// leaveBehind starts what will not end by itself, and ends.
func leaveBehind([]string) {
	r, w, _ := os.Pipe()
	cmd := again("outlive")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Stderr = w
	if err := cmd.Start(); err != nil {
		fmt.Println(err)
	}
	r.Read(make([]byte, 1))
}

func outlive([]string) {
	signal.Ignore()
	fmt.Fprintln(os.Stderr, "ready")
	select {}
}

// grader confines a process that prints ready, and waits to be killed.
func grader(args []string) {
	for _, way := range ways {
		if way.name == args[0] {
			s, err := way.make()
			if err != nil {
				fmt.Println(err)
				return
			}
			cmd := again("leave behind and wait")
			if _, err := s.Start(cmd, sandbox.Box{Dir: args[1], Write: []string{args[1]}}); err != nil {
				fmt.Println(err)
				return
			}
			select {}
		}
	}
}

// rivalProgram is a process with a folder, with something in it that is hard to remove, and with a box. It waits to be
// killed.
func rivalProgram(args []string) {
	dir, _, err := sandbox.Scratch()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(dir)
	inside := filepath.Join(dir, "d")
	os.Mkdir(inside, 0o700)
	os.WriteFile(filepath.Join(inside, "file"), nil, 0o400)
	grader([]string{args[0], inside})
}

func scratchAgain([]string) {
	for range 50 {
		dir, remove, err := sandbox.Scratch()
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "file"), nil, 0o600)
		}
		if err == nil {
			_, err = os.Stat(filepath.Join(dir, "file"))
		}
		if err == nil {
			err = remove()
		}
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println("done")
}
