//go:build unix

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// started is a run in a folder of its own, at a moment when its task runs.
type started struct {
	*exec.Cmd
	dir    string
	stderr bytes.Buffer
	task   int // process id of the task's command
}

// start runs a flow of one step, and waits until its command has done what is
// to be done first and goes on with the script.
func start(t *testing.T, first, script string) *started {
	t.Helper()
	s := &started{dir: t.TempDir()}
	text := "flow: f\nsteps:\n  wait:\n    run: |\n      test -e go && exit 0\n      " +
		strings.ReplaceAll(first+"\necho $$ > pid.new; mv pid.new pid\n"+script, "\n", "\n      ") + "\n"
	if err := os.WriteFile(filepath.Join(s.dir, "flow.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Cmd = exec.Command("flowc", "run", "flow.yaml", "--run-id", "one")
	s.Dir, s.Stderr = s.dir, &s.stderr
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Process.Kill() })
	s.waitFor(t, "pid")
	pid, err := os.ReadFile(filepath.Join(s.dir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	if s.task, err = strconv.Atoi(strings.TrimSpace(string(pid))); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *started) waitFor(t *testing.T, file string) {
	t.Helper()
	for range 6000 {
		if _, err := os.Stat(filepath.Join(s.dir, file)); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s did not come; standard error:\n%s", file, s.stderr.String())
}

func (s *started) signal(t *testing.T, sig os.Signal) {
	t.Helper()
	if err := s.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// ends waits for the run's end and checks that it was stopped, left no process
// behind, and resumes.
func (s *started) ends(t *testing.T) {
	t.Helper()
	var exit *exec.ExitError
	if err := s.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("the run ended with %v, want exit code 1\n%s", err, s.stderr.String())
	}
	if !strings.Contains(s.stderr.String(), "run one stopped") {
		t.Errorf("standard error does not say that the run was stopped:\n%s", s.stderr.String())
	}
	if left := living(t, s.task); left != nil {
		t.Errorf("processes of the task are still there: %v", left)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	resume := exec.Command("flowc", "resume", "one")
	resume.Dir = s.dir
	if out, err := resume.CombinedOutput(); err != nil {
		t.Errorf("resume: %v\n%s", err, out)
	}
}

// living lists the processes of a group, but for those that have ended and that
// nobody has asked about.
func living(t *testing.T, group int) []string {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		return livingByPS(t, group)
	}
	var left []string
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has just ended
		}
		// PID (NAME) STATE PARENT GROUP ...; a name may hold anything
		f := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if len(f) > 2 && f[2] == strconv.Itoa(group) && f[0] != "Z" {
			left = append(left, strings.TrimSpace(string(text)))
		}
	}
	return left
}

// livingByPS is living on systems without /proc.
func livingByPS(t *testing.T, group int) []string {
	t.Helper()
	out, err := exec.Command("ps", "-A", "-o", "pgid=,stat=,args=").Output()
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if len(f) > 1 && f[0] == strconv.Itoa(group) && f[1][0] != 'Z' {
			left = append(left, strings.TrimSpace(line))
		}
	}
	return left
}

func TestOneSignalStops(t *testing.T) {
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		s := start(t, ":", "sleep 600 & wait")
		s.signal(t, sig)
		s.ends(t)
	}
}

func TestTwoSignalsKill(t *testing.T) {
	s := start(t, "trap 'touch told' TERM", "while :; do sleep 0.1; done")
	s.signal(t, os.Interrupt)
	s.waitFor(t, "told")
	s.signal(t, os.Interrupt)
	s.ends(t)
}
