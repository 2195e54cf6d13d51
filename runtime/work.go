package runtime

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/types"
)

// input is the value of one input of a task.
type input struct {
	name  string
	typ   types.Type
	value any
}

// make produces the result of one item: it does the work, and writes nothing
// that anybody would look at.
func (j *job) make(ctx context.Context, path record.Path) (*record.Result, *failure) {
	res := &record.Result{
		V: record.Version, Status: record.OK, Nonce: j.claimed.nonce, Attempt: j.claimed.k,
		Started: time.Now().UTC(), Contract: j.digest,
	}
	done := func(status record.Status, cause *record.TaskError) (*record.Result, *failure) {
		res.Status, res.Error, res.Ended = status, cause, time.Now().UTC()
		return res, j.decide(ctx, path, res)
	}
	for _, s := range j.step.Scopes {
		mark, err := j.values.Scope(ctx, s.Node, path.Prefix(s.Depth))
		if err != nil {
			return nil, classify(ctx, "", err)
		}
		if mark != nil {
			return done(record.Poisoned, &mark.Error)
		}
	}
	if j.step.Gate != nil {
		v, err := j.values.Value(ctx, j.step.Gate, &j.step.Tables, path)
		if err != nil {
			return nil, classify(ctx, "`when`", err)
		}
		switch v {
		case true:
		case false:
			return done(record.Skipped, nil)
		default:
			return nil, fail(kindExpr, "`when` is %s, want true or false", types.Describe(v))
		}
	}
	if j.step.Decide {
		return done(record.OK, nil)
	}

	inputs, f := j.inputs(ctx, path)
	if f != nil {
		return nil, f
	}
	res.InputsDigest, f = inputsDigest(inputs)
	if f != nil {
		return nil, f
	}
	key, f := j.cacheKey(ctx, res.InputsDigest)
	if f != nil {
		return nil, f
	}
	if entry := j.cacheHit(ctx, key); entry != nil {
		res.Outputs, res.Cached = entry.Outputs, &entry.From
		return done(record.OK, nil)
	}
	res.Outputs, f = j.execute(ctx, path, inputs)
	if f != nil {
		return nil, f
	}
	return done(record.OK, nil)
}

// inputs resolves all inputs, several at once.
func (j *job) inputs(ctx context.Context, path record.Path) ([]input, *failure) {
	out := make([]input, len(j.step.Inputs))
	failures := make([]*failure, len(out))
	var g errgroup.Group
	for i := range j.step.Inputs {
		in := &j.step.Inputs[i]
		g.Go(func() error {
			t, err := types.Decode(in.Expr.Type)
			if err != nil {
				failures[i] = fail(kindInput, "the contract has a damaged type for input %s: %v", in.Name, err)
				return nil
			}
			v, err := j.values.Value(ctx, &in.Expr, &j.step.Tables, path)
			switch {
			case err != nil:
				failures[i] = classify(ctx, "input "+in.Name, err)
			case v == nil && !types.IsOptional(t) && t != types.JSONType && t != types.Any:
				failures[i] = fail(kindInput, "input %s is nil, but its type is %s", in.Name, t)
			}
			out[i] = input{in.Name, t, v}
			return nil
		})
	}
	g.Wait()
	for _, f := range failures {
		if f != nil {
			return nil, f
		}
	}
	return out, nil
}

// work is one execution of the command, in folders of its own.
type work struct {
	job  *job
	path record.Path
	dir  string // in/, out/ and whatever the runtime needs
	in   string
	out  string
	code string // where commands run

	env  []string          // variables made of inputs
	text map[string]string // of inputs as arguments: their text, or their path
	size int               // of env
}

// execute runs the command on the inputs and takes in its outputs.
func (j *job) execute(ctx context.Context, path record.Path, inputs []input) (map[string]record.Value, *failure) {
	if j.cfg.instead != nil {
		return j.cfg.instead(inputs)
	}
	w, f := j.newWork(path)
	if f != nil {
		return nil, f
	}
	defer os.RemoveAll(w.dir)
	if j.step.Call != nil {
		return w.function(ctx, inputs)
	}
	if f := w.stage(ctx, inputs); f != nil {
		return nil, f
	}
	argv, f := w.argv()
	if f != nil {
		return nil, f
	}
	if f := w.command(ctx, argv); f != nil {
		return nil, f
	}
	return w.collect(ctx)
}

// folder is the one of the code package that the step's command runs in.
func (j *job) folder() string { return filepath.Join(j.cfg.Code, filepath.FromSlash(j.step.Dir)) }

func (j *job) newWork(path record.Path) (*work, *failure) {
	code, err := filepath.Abs(j.folder())
	if err != nil {
		return nil, fail(kindError, "the folder of the code cannot be found: %v", err)
	}
	if info, err := os.Stat(code); err != nil || !info.IsDir() {
		return nil, fail(kindInput, "there is no folder %s with the code", code)
	}
	root := j.cfg.Scratch
	if root == "" {
		root = os.TempDir()
	}
	if root, err = filepath.Abs(root); err == nil {
		err = os.MkdirAll(root, 0o755)
	}
	w := &work{job: j, path: path, code: code, text: map[string]string{}}
	if err == nil {
		w.dir, err = os.MkdirTemp(root, fmt.Sprintf("%s.%s.", j.step.Step, path))
	}
	w.in, w.out = filepath.Join(w.dir, "in"), filepath.Join(w.dir, "out")
	for _, dir := range []string{w.in, w.out} {
		if err == nil {
			err = os.Mkdir(dir, 0o755)
		}
	}
	if err != nil {
		return nil, localFailure("making a folder for the task", err)
	}
	return w, nil
}

// localFailure is a failure of this machine (a full disk, for one): another
// attempt may run on a better one.
func localFailure(doing string, err error) *failure {
	return &failure{TaskError: record.TaskError{Kind: kindError, Message: fmt.Sprintf("%s: %v", doing, err)}, err: err}
}

// argv is the program to run.
func (w *work) argv() ([]string, *failure) {
	if s := w.job.step.Script; s != nil {
		if s.Shell == "bash" {
			return []string{"bash", "-eu", "-o", "pipefail", "-c", s.Text}, nil
		}
		return []string{"/bin/sh", "-eu", "-c", s.Text}, nil
	}
	var argv []string
	for _, a := range w.job.step.Argv {
		switch {
		case a.Text != nil:
			argv = append(argv, *a.Text)
		case a.Output != "":
			argv = append(argv, filepath.Join(w.out, a.Output))
		default:
			text, ok := w.text[a.Input]
			if !ok {
				return nil, fail(kindInput, "input %s is nil, and cannot be an argument of the command", a.Input)
			}
			if strings.ContainsRune(text, 0) || len(text) > maxArgument {
				return nil, fail(kindInput, "input %s cannot be an argument of the command: it holds a zero byte, or more than %d KiB; read it from $FLOWC_IN/%s", a.Input, maxArgument>>10, a.Input)
			}
			argv = append(argv, text)
		}
	}
	if len(argv) == 0 || argv[0] == "" {
		return nil, fail(kindInput, "the command has no program to run")
	}
	return argv, nil
}

// command runs a program to its end.
func (w *work) command(ctx context.Context, argv []string) *failure {
	j := w.job
	if argv[0] != "" && !strings.Contains(argv[0], "/") {
		argv[0] = lookPath(argv[0], j.cfg.environ())
	} else if !filepath.IsAbs(argv[0]) {
		argv[0] = filepath.Join(w.code, argv[0])
	}
	c := &command{
		argv: argv, dir: w.code, env: w.environ(), output: j.log,
		timeout: time.Duration(j.step.Timeout) * time.Millisecond, grace: j.cfg.grace(), kill: j.cfg.Kill,
	}
	end := c.run(ctx)
	return j.verdict(end)
}

// verdict turns the end of a command into a failure, or nil.
func (j *job) verdict(end ending) *failure {
	code := end.code
	kind, message := kindError, ""
	switch {
	case end.err != nil:
		return &failure{TaskError: record.TaskError{Kind: kindError, Message: end.err.Error()}, final: true, err: end.err}
	case end.stopped:
		return &failure{TaskError: record.TaskError{Kind: kindEvicted, Message: "the task was stopped from outside"}, stopped: true}
	case end.timedOut:
		kind, message = kindTimeout, fmt.Sprintf("the command ran longer than its timeout of %s", time.Duration(j.step.Timeout)*time.Millisecond)
	case end.code == 0:
		return nil
	case end.oom && !end.killed && (code == 137 || j.cfg.Alone):
		kind, message = kindOOM, "the command was killed because it used more memory than the task may"
		if r := j.step.Resources; r != nil && r.Memory > 0 {
			message += fmt.Sprintf(" (%d MiB)", r.Memory>>20)
		}
	case end.signal != 0:
		message = fmt.Sprintf("the command was killed by signal %d (%s)", int(end.signal), end.signal)
	case code == 127:
		message = "the command ended with exit code 127: a program was not found"
	case code == 137:
		message = "the command ended with exit code 137: something in it was killed, maybe for memory"
	default:
		message = fmt.Sprintf("the command ended with exit code %d", code)
	}
	return &failure{TaskError: record.TaskError{Kind: kind, Message: message, ExitCode: &code}}
}

// environ is the environment of the command: the base, what flowc says, the
// step's own, the inputs, the secrets. Of two with one name the later counts.
func (w *work) environ() []string {
	j := w.job
	var env []string
	for _, kv := range j.cfg.environ() {
		if !strings.HasPrefix(kv, "FLOWC_") {
			env = append(env, kv)
		}
	}
	env = append(env,
		"FLOWC_IN="+w.in,
		"FLOWC_OUT="+w.out,
		"FLOWC_FLOW="+j.keys.Flow,
		"FLOWC_RUN="+j.keys.Run,
		"FLOWC_STEP="+j.step.Step,
		"FLOWC_INDEX="+w.path.String(),
		fmt.Sprintf("FLOWC_ATTEMPT=%d", j.claimed.prior),
	)
	for _, kv := range j.step.Env {
		env = append(env, kv.Key+"="+kv.Value)
	}
	env = append(env, w.env...)
	for _, s := range j.secrets {
		if s.env != "" {
			env = append(env, s.env+"="+s.value)
		}
	}
	return dedupe(env)
}

// dedupe keeps the last of the entries with one name, as shells and libraries
// differ in which they take.
func dedupe(env []string) []string {
	at := make(map[string]int, len(env))
	out := env[:0:0]
	for _, kv := range env {
		name, _, ok := strings.Cut(kv, "=")
		if !ok || strings.ContainsRune(kv, 0) {
			continue
		}
		if i, have := at[name]; have {
			out[i] = kv
			continue
		}
		at[name] = len(out)
		out = append(out, kv)
	}
	return out
}

// lookPath finds a program in the PATH of an environment.
func lookPath(name string, env []string) string {
	path := "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	for _, kv := range env {
		if v, ok := strings.CutPrefix(kv, "PATH="); ok {
			path = v
		}
	}
	for _, dir := range filepath.SplitList(path) {
		if dir == "" || !filepath.IsAbs(dir) {
			continue
		}
		file := filepath.Join(dir, name)
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return file
		}
	}
	return name
}
