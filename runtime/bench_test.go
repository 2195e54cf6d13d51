package runtime

import (
	"os/exec"
	"testing"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store/dir"
)

// BenchmarkSh is a bare start of the shell: what a task cannot be faster than.
func BenchmarkSh(b *testing.B) {
	for b.Loop() {
		if err := exec.Command("/bin/sh", "-eu", "-c", ":").Run(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkNoop is a task that does nothing, on a store in a directory.
func BenchmarkNoop(b *testing.B) { benchmark(b, script("s", ":")) }

// BenchmarkValues is a task with two inputs, two outputs and a log.
func BenchmarkValues(b *testing.B) {
	s := script("s", `echo hi; echo $n > $FLOWC_OUT/n; echo x > $FLOWC_OUT/f.txt`, out("n", "int"), out("f", "file"))
	s.Inputs = []contract.Input{constInput(b, "n", "int", "3"), constInput(b, "t", "string", `"text"`)}
	benchmark(b, s)
}

// BenchmarkPython is a function that returns a number.
func BenchmarkPython(b *testing.B) { benchmark(b, function("s", "m.py", "f", out("n", "int"))) }

func benchmark(b *testing.B, s *contract.Step) {
	s.Levels = []string{"each"}
	cfg := config(b, plan(s))
	store, err := dir.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	cfg.Store = store
	writeCode(b, cfg, "m.py", "def f(): return 1\n")
	i := 0
	for b.Loop() {
		mustRun(b, cfg, Task{Step: "s", Path: record.Path{i}})
		i++
	}
}
