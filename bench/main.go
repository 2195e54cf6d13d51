// Command bench measures what flowc promises to be fast at, on this machine,
// and prints a table: `make bench`. Each figure is the best of a few tries, as
// that is the one with the least of everything else in it.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

func main() {
	quick := flag.Bool("quick", false, "smaller sizes, to see that it works")
	only := flag.String("only", "", "one part: compile, tasks or artifacts")
	flag.Parse()
	if err := run(*quick, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is what the parts share.
type bench struct {
	quick  bool
	dir    string // for files of this run, on the disk that stores usually are on
	flowc  string // the program, built from this tree
	python time.Duration
}

func run(quick bool, only string) error {
	dir, err := os.MkdirTemp(".", ".bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	b := &bench{quick: quick, dir: dir, flowc: filepath.Join(dir, "flowc")}
	build := exec.Command("go", "build", "-o", b.flowc, "./cmd/flowc")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building flowc: %w", err)
	}
	if b.python, err = python(); err != nil {
		return err
	}
	fmt.Printf("%s/%s, %d CPUs; starting python3 takes %s\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), ms(b.python))
	for _, part := range []struct {
		name string
		run  func() error
	}{
		{"compile", b.compile}, {"tasks", b.tasks}, {"artifacts", b.artifacts},
	} {
		if only != "" && only != part.name {
			continue
		}
		if err := part.run(); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

// python is how long it takes to start the interpreter itself, without the
// wrapper that `python3` may be.
func python() (time.Duration, error) {
	out, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		return 0, fmt.Errorf("python3: %w", err)
	}
	path := strings.TrimSpace(string(out))
	return best(9, func() (time.Duration, error) { return timed(exec.Command(path, "-c", "pass")) })
}

// best is the shortest of n tries.
func best(n int, try func() (time.Duration, error)) (time.Duration, error) {
	var shortest time.Duration
	for i := range n {
		took, err := try()
		if err != nil {
			return 0, err
		}
		if i == 0 || took < shortest {
			shortest = took
		}
	}
	return shortest, nil
}

// timed runs a command that must succeed.
func timed(cmd *exec.Cmd) (time.Duration, error) {
	start := time.Now()
	out, err := cmd.CombinedOutput()
	took := time.Since(start)
	if err != nil {
		return 0, fmt.Errorf("%v: %w\n%s", cmd.Args, err, out)
	}
	return took, nil
}
