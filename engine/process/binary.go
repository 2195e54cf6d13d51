package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/runs"
	"github.com/flowc-dev/flowc/runtime"
	"github.com/flowc-dev/flowc/store"
)

// Binary does each task by starting the runtime as a process of its own, as an
// orchestrator does in a container: it is told by the environment what to do,
// and answers by its exit code and what it leaves in the store.
type Binary struct {
	Config *runtime.Config
	Path   string // of flowc-runtime
}

// reserve is how long the runtime has, beside the grace of its command, before
// it is killed itself.
const reserve = 15 * time.Second

// Run does one attempt of a task.
func (b Binary) Run(ctx context.Context, t runtime.Task) runtime.Outcome {
	step, _, err := b.Config.Plan.Step(ctx, t.Step)
	if err != nil {
		return refused(err)
	}
	env, err := b.environ(t, step)
	if err != nil {
		return refused(err)
	}
	cmd := exec.CommandContext(ctx, b.Path)
	cmd.Dir, cmd.Env = b.Config.Code, env
	var said tail
	cmd.Stdout, cmd.Stderr = t.Log, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for us to handle
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = b.grace() + reserve
	if err := cmd.Start(); err != nil {
		return refused(fmt.Errorf("the runtime could not be started: %w", err))
	}
	waited := cmd.Wait()
	out := runtime.Outcome{Exit: cmd.ProcessState.ExitCode(), Claimed: true}
	if waited != nil && out.Exit == contract.ExitDone { // its output could not be read to the end
		out.Exit = contract.ExitAgain
	}
	// A stopped attempt has left its word, too.
	ctx = context.WithoutCancel(ctx)
	unit := unitOf(t.Path, step.Batch)
	if out.Exit == contract.ExitDone {
		return b.done(ctx, t, step, out)
	}
	b.explain(ctx, t, unit, &out)
	if out.Err == nil {
		switch text := strings.TrimSpace(said.String()); {
		case text != "":
			out.Err = errors.New(text)
		default:
			out.Err = fmt.Errorf("the runtime was lost: %w", waited)
		}
	}
	return out
}

func refused(err error) runtime.Outcome {
	return runtime.Outcome{Exit: contract.ExitFinal, Err: err}
}

func (b Binary) grace() time.Duration {
	if b.Config.Grace > 0 {
		return b.Config.Grace
	}
	return 10 * time.Second
}

// environ is the environment of the runtime: that of commands, what says which
// task it is, and the secrets in their places.
func (b Binary) environ(t runtime.Task, step *contract.Step) ([]string, error) {
	c := b.Config
	env := c.Environ
	if env == nil {
		env = os.Environ()
	}
	env = append(env[:len(env):len(env)],
		"FLOWC_STORE="+c.Store.URL(),
		"FLOWC_PLAN="+c.PlanDigest,
		"FLOWC_RUN="+c.Run,
		"FLOWC_STEP="+t.Step,
		"FLOWC_INDEX="+t.Path.String(),
		"FLOWC_ATTEMPT="+strconv.Itoa(t.Attempt),
	)
	if t.Tokens != "" {
		env = append(env, "FLOWC_TOKENS="+t.Tokens)
	}
	if c.Scratch != "" {
		env = append(env, "TMPDIR="+c.Scratch)
	}
	for _, s := range step.Secrets {
		if s.Env == "" {
			return nil, fmt.Errorf("step %s takes the secret %s/%s as a file, which a runtime of its own process is not given; take it as a variable", step.Step, s.Store, s.Key)
		}
		if c.Secrets == nil {
			continue
		}
		value, err := c.Secrets(s.Store, s.Key)
		if err != nil {
			return nil, fmt.Errorf("secret %s/%s: %w", s.Store, s.Key, err)
		}
		env = append(env, s.Env+"="+value)
	}
	return env, nil
}

// done reads the result, for what the task decided.
func (b Binary) done(ctx context.Context, t runtime.Task, step *contract.Step, out runtime.Outcome) runtime.Outcome {
	if step.Batch > 1 {
		return out
	}
	keys := record.Keys{Flow: b.Config.Flow, Run: b.Config.Run}
	res, err := store.GetJSON[record.Result](ctx, b.Config.Store, keys.Result(t.Step, t.Path))
	if err != nil {
		out.Exit, out.Err = contract.ExitAgain, err
		return out
	}
	out.Result, out.Attempt = &res, res.Attempt
	return out
}

// explain finds in the store why an attempt has failed.
func (b Binary) explain(ctx context.Context, t runtime.Task, unit string, out *runtime.Outcome) {
	reader := runs.New(b.Config.Store)
	id := runs.ID{Flow: b.Config.Flow, Run: b.Config.Run}
	claims, fail, err := reader.Attempts(ctx, id, t.Step, unit)
	if err != nil || claims == 0 {
		out.Claimed = false
		return
	}
	out.Claims = claims
	if fail != nil {
		out.Fail, out.Err = fail, errors.New(fail.Message)
	}
	logs, err := reader.Logs(ctx, id, runs.LogSelect{Step: t.Step, Unit: unit, LastOnly: true})
	if err != nil || len(logs) == 0 {
		return
	}
	var end tail
	if reader.CopyLog(ctx, &end, logs[len(logs)-1]) == nil {
		out.Tail = end.lines()
	}
}

// unitOf names what claims the attempts of a task.
func unitOf(p record.Path, batch int) string {
	if batch <= 1 || len(p) == 0 {
		return p.String()
	}
	last := len(p) - 1
	return record.BatchUnit(p.Prefix(last), p[last])
}

// tail keeps the end of what is written to it.
type tail struct{ bytes.Buffer }

const (
	tailBytes = 8 << 10
	tailLines = 20
)

func (t *tail) Write(p []byte) (int, error) {
	n := len(p)
	if len(p) > tailBytes {
		p = p[len(p)-tailBytes:]
	}
	if t.Len()+len(p) > 2*tailBytes {
		t.Next(t.Len() - tailBytes)
	}
	t.Buffer.Write(p)
	return n, nil
}

// lines are the last lines that were written whole.
func (t *tail) lines() []string {
	text := strings.TrimSuffix(t.String(), "\n")
	if text == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	return lines[max(0, len(lines)-tailLines):]
}
