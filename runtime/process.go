package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	goruntime "runtime"
	"syscall"
	"time"
)

// command is a program to run as a process group of its own.
type command struct {
	argv    []string
	dir     string
	env     []string
	output  io.Writer       // standard output and standard error, in the order they come
	timeout time.Duration   // 0: none
	grace   time.Duration   // between SIGTERM and SIGKILL
	kill    <-chan struct{} // once closed, there is no grace; may be nil
}

// ending says how a command ended.
type ending struct {
	code     int            // exit code; 128 + signal where a signal ended it
	signal   syscall.Signal // that ended it; 0 if none
	killed   bool           // SIGKILL that we sent
	timedOut bool
	stopped  bool // because the context was cancelled
	oom      bool // the kernel killed a process of our cgroup for memory meanwhile
	err      error
}

// drain is how long output is still read after the whole process group has
// gone, from processes that left the group and kept the pipe.
const drain = 2 * time.Second

// run runs the command to its end. When it returns, no process of its group is
// left: a child in the background doesn't survive the command. Cancelling the
// context, and the timeout, send SIGTERM to the group and SIGKILL after the grace.
func (c *command) run(ctx context.Context) ending {
	if ctx.Err() != nil {
		return ending{stopped: true}
	}
	r, w, err := os.Pipe()
	if err != nil {
		return ending{err: err}
	}
	defer r.Close()
	kills := oomKills()
	cmd := exec.Command(c.argv[0], c.argv[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = c.dir, c.env, w, w
	cmd.SysProcAttr = processAttributes()

	started, exited := make(chan error, 1), make(chan struct{})
	reap, reaped := make(chan struct{}), make(chan struct{})
	go func() {
		// The kernel ties "die with the parent" to the thread that forked, so
		// this one stays until the child has gone.
		goruntime.LockOSThread()
		defer goruntime.UnlockOSThread()
		err := cmd.Start()
		w.Close()
		started <- err
		if err != nil {
			return
		}
		waitExit(cmd)
		close(exited)
		<-reap
		cmd.Wait()
		close(reaped)
	}()
	if err := <-started; err != nil {
		return ending{err: startError(c.argv[0], err)}
	}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		io.Copy(c.output, r)
	}()

	end := c.wait(ctx, cmd.Process.Pid, exited)
	// The child is a zombie now, so its number still is that of its group alone.
	signalGroup(cmd.Process.Pid, syscall.SIGKILL)
	close(reap)
	<-reaped
	if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		end.signal, end.code = ws.Signal(), 128+int(ws.Signal())
	} else {
		end.code = cmd.ProcessState.ExitCode()
	}
	select {
	case <-copied:
	case <-time.After(drain):
		r.SetReadDeadline(time.Now())
		<-copied
	}
	end.oom = oomKills() > kills
	return end
}

// wait waits for the child's exit, and makes it exit where it must.
func (c *command) wait(ctx context.Context, pid int, exited <-chan struct{}) ending {
	var end ending
	var timeout, kill <-chan time.Time
	var now <-chan struct{}
	if c.timeout > 0 {
		t := time.NewTimer(c.timeout)
		defer t.Stop()
		timeout = t.C
	}
	done := ctx.Done()
	terminate := func() {
		timeout, done = nil, nil
		signalGroup(pid, syscall.SIGTERM)
		signalGroup(pid, syscall.SIGCONT) // a stopped process would not notice
		kill, now = time.After(c.grace), c.kill
	}
	for {
		select {
		case <-exited:
			return end
		case <-timeout:
			end.timedOut = true
			terminate()
		case <-done:
			end.stopped = true
			terminate()
		case <-now:
			now = nil
			end.killed = true
			signalGroup(pid, syscall.SIGKILL)
		case <-kill:
			end.killed = true
			signalGroup(pid, syscall.SIGKILL)
		}
	}
}

func signalGroup(pid int, sig syscall.Signal) { syscall.Kill(-pid, sig) }

func startError(program string, err error) error {
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("there is no program %s (or no interpreter for it)", program)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%s may not be executed", program)
	case errors.Is(err, syscall.E2BIG):
		return fmt.Errorf("the arguments and the environment of %s are too large for the system", program)
	case errors.Is(err, syscall.ENOEXEC):
		return fmt.Errorf("%s is no program: a script needs a first line like #!/bin/sh", program)
	}
	return fmt.Errorf("%s cannot be started: %w", program, err)
}
