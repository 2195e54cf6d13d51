package engine

import (
	"container/heap"
	"context"
	"fmt"
	"time"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/engine/schedule"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/runtime"
	"github.com/flowc-dev/flowc/store"
)

// driver runs the tasks that the tree offers. One goroutine has all of it; each
// attempt is a goroutine of its own that reports back through ended.
type driver struct {
	*engine
	tree     *schedule.Tree
	exec     Executor
	deciders map[string]bool // steps whose results the tree must see
	slots    int

	ctx    context.Context // of attempts; ends when the run is to stop at once
	cancel context.CancelFunc

	running int            // attempts
	reading int            // results of an earlier run
	held    *schedule.Task // offered by the tree while too much was being read
	retries waiting
	ended   chan ended
	why     EndReason // why nothing is started any more; "" while it is

	seq      int
	stopped  int // tasks
	failed   []Failure
	failures int
}

// ended is the end of an attempt, or of reading what an earlier run decided.
type ended struct {
	attempt *attempt
	out     runtime.Outcome
	took    time.Duration

	reused  bool
	decided map[string]record.Control
	err     error
}

// run runs everything and writes the end.
func (e *engine) run(ctx context.Context) *Report {
	report := &Report{Flow: e.flow.Flow, Run: e.rec.Run, Origin: e.rec.Origin, Started: e.rec.Started}
	reused := 0
	if e.takeOver != nil {
		reused = e.takeOver.Len()
		report.Again = e.takeOver.Again()
	}
	e.events.send(Started{e.rec.Run, e.rec.Origin, reused})

	makeExecutor := e.opt.Executor
	if makeExecutor == nil {
		makeExecutor = inProcess
	}
	var decided map[string]record.Control
	if e.init != nil {
		decided = e.init.Control
	}
	tree, err := schedule.New(e.flow, decided)
	d := &driver{engine: e, tree: tree, exec: makeExecutor(e.cfg), deciders: deciders(&e.flow.Body), slots: e.slots(), ended: make(chan ended)}
	d.ctx, d.cancel = context.WithCancel(ctx)
	defer d.cancel()
	if err != nil {
		d.impossible(err)
	} else {
		d.loop(ctx)
	}

	report.Status = d.status()
	report.Failures = d.failed
	report.More = d.failures - len(d.failed)
	d.finish(ctx, report)
	return report
}

// loop starts what may start and takes in what ends, until nothing is left.
func (d *driver) loop(ctx context.Context) {
	var timeout <-chan time.Time
	if d.flow.Timeout > 0 {
		left := time.Until(d.rec.Started.Add(time.Duration(d.flow.Timeout) * time.Millisecond))
		timer := time.NewTimer(left)
		defer timer.Stop()
		timeout = timer.C
	}
	retry := time.NewTimer(time.Hour)
	defer retry.Stop()
	stop := ctx.Done()
	for {
		if ctx.Err() != nil {
			d.end(BecauseStopped)
		}
		d.start()
		if d.running+d.reading == 0 && (d.why != "" || len(d.retries) == 0) {
			return
		}
		if len(d.retries) > 0 {
			retry.Reset(time.Until(d.retries[0].due))
		}
		select {
		case x := <-d.ended:
			d.take(x)
		case <-retry.C:
		case <-timeout:
			timeout = nil
			d.end(BecauseTimeout)
			d.cancel()
		case <-stop:
			stop = nil
			d.end(BecauseStopped)
		}
	}
}

// end says that nothing is started any more.
func (d *driver) end(why EndReason) {
	if d.why != "" {
		return
	}
	d.why = why
	d.retries = nil
	d.events.send(Ending{why, d.running})
}

// start starts tasks while there are slots: first those that are tried again.
// Tasks that an earlier run has done need none, but have their turn.
func (d *driver) start() {
	for d.why == "" && d.running < d.slots {
		if len(d.retries) > 0 && !d.retries[0].due.After(time.Now()) {
			d.launch(heap.Pop(&d.retries).(*attempt))
			continue
		}
		t := d.held
		d.held = nil
		if t == nil {
			next, ok := d.tree.Next()
			d.known()
			if !ok {
				return
			}
			t = &next
		}
		switch run, ok := d.reusable(t); {
		case !ok:
			d.launch(&attempt{Task: *t})
		case !d.deciders[t.Step]:
			d.reused(*t, nil)
		case d.reading < parallelIO:
			d.read(*t, run)
		default:
			d.held = t
			return
		}
	}
}

// reusable tells whether all of a task was done by an earlier run, and by which.
func (d *driver) reusable(t *schedule.Task) (run string, ok bool) {
	if d.takeOver == nil {
		return "", false
	}
	for i := range t.Items {
		if run, ok = d.takeOver.Run(t.Step, t.ItemPath(i)); !ok {
			return "", false
		}
	}
	return run, ok
}

// read gets from an earlier run what a task decided.
func (d *driver) read(t schedule.Task, run string) {
	d.reading++
	go func() {
		x := ended{attempt: &attempt{Task: t}, reused: true}
		x.decided, x.err = d.decided(d.ctx, t, run)
		d.ended <- x
	}()
}

// reused ends a task that an earlier run has done.
func (d *driver) reused(t schedule.Task, decided map[string]record.Control) {
	for i := range t.Items {
		d.events.send(TaskEnded{Task: TaskID{Step: t.Step, Path: t.ItemPath(i).String()}, Outcome: Reused})
	}
	d.done(t, decided)
}

// done tells the tree that a task has ended well.
func (d *driver) done(t schedule.Task, decided map[string]record.Control) {
	if err := d.tree.Done(t, decided); err != nil {
		d.impossible(err)
	}
	d.known()
}

// impossible ends a run that can't go on.
func (d *driver) impossible(err error) {
	d.fail(Failure{Error: record.TaskError{Kind: "plan", Message: err.Error()}})
	d.end(BecauseImpossible)
}

// known says what the tree has found out: how many tasks are expected now, and
// what does not run.
func (d *driver) known() {
	for _, c := range d.tree.Closed() {
		d.events.send(Closed{c.Node, c.Path.String()})
	}
	for _, step := range d.tree.News() {
		d.events.send(Known{step, d.tree.Known(step)})
	}
}

// launch starts an attempt.
func (d *driver) launch(a *attempt) {
	d.running++
	a.tries++
	id := d.id(a)
	d.events.send(AttemptStarted{id})
	t := runtime.Task{Step: a.Step, Path: a.Path, Attempt: a.tries - 1}
	var log *lines
	if d.opt.Events != nil {
		log = &lines{events: d.events, task: id}
		t.Log = log
	}
	go func() {
		began := time.Now()
		out := d.exec.Run(d.ctx, t)
		if log != nil {
			log.close()
		}
		d.ended <- ended{attempt: a, out: out, took: time.Since(began)}
	}()
}

// id names an attempt. That of a container is named by its unit.
func (d *driver) id(a *attempt) TaskID {
	path := a.Path.String()
	if a.Batch > 0 {
		last := len(a.Path) - 1
		path = record.BatchUnit(a.Path.Prefix(last), a.Path[last])
	}
	return TaskID{a.Step, path, a.tries}
}

// take takes in the end of an attempt.
func (d *driver) take(x ended) {
	a := x.attempt
	if x.reused {
		d.reading--
		switch {
		case x.err == nil:
			d.reused(a.Task, x.decided)
		case d.ctx.Err() == nil:
			d.impossible(fmt.Errorf("what task %s of run %s decided can't be read: %w", address(a.Step, a.Path), d.rec.Origin, x.err))
		}
		return
	}
	d.running--
	id := d.id(a)
	next, wait := judge(d.contracts[a.Step], a.tries, &x.out)
	cause := cause(&x.out)
	switch {
	case next == done:
		d.succeeded(a, &x)
	case d.ctx.Err() != nil && next == again, x.out.Exit == contract.ExitStopped && d.ctx.Err() != nil:
		d.stopped += a.Items
		d.events.send(TaskEnded{Task: id, Outcome: Stopped, Took: x.took})
	case next == again && d.why != "":
		// It would be tried again, but the run is at its end: a resume tries it.
		d.events.send(TaskEnded{Task: id, Outcome: Failed, Error: &cause, Took: x.took})
		d.fail(d.failure(a, &x, cause))
	case next == again:
		d.events.send(AttemptFailed{Task: id, Error: cause, Wait: wait})
		d.seq++
		a.due, a.seq = time.Now().Add(wait), d.seq
		heap.Push(&d.retries, a)
	default:
		d.events.send(TaskEnded{Task: id, Outcome: Failed, Error: &cause, Took: x.took})
		d.fail(d.failure(a, &x, cause))
		if err := d.tree.Failed(a.Task); err != nil {
			d.impossible(err)
		}
		if !d.opt.KeepGoing {
			d.end(BecauseFailed)
		}
	}
}

// succeeded takes in a task that has its result.
func (d *driver) succeeded(a *attempt, x *ended) {
	id := d.id(a)
	ev := TaskEnded{Task: id, Outcome: OK, Took: x.took}
	var decided map[string]record.Control
	if res := x.out.Result; res != nil {
		ev.Outcome, ev.Error = Outcome(res.Status), res.Error
		decided = res.Control
	}
	for i := range a.Items {
		ev.Task.Path = a.ItemPath(i).String()
		if i > 0 {
			ev.Task.Attempt = 0 // a container is one attempt
		}
		d.events.send(ev)
	}
	d.done(a.Task, decided)
}

// maxFailures is how many failures a report holds in full.
const maxFailures = 50

func (d *driver) fail(f Failure) {
	d.failures++
	if len(d.failed) < maxFailures {
		d.failed = append(d.failed, f)
	}
}

func (d *driver) failure(a *attempt, x *ended, cause record.TaskError) Failure {
	f := Failure{Step: a.Step, Path: d.id(a).Path, Error: cause, Attempts: max(a.tries, x.out.Claims), Tail: x.out.Tail}
	if c := d.contracts[a.Step]; c.Retry != nil {
		f.Budget = c.Retry.Attempts
	}
	if d.opt.Place != nil {
		f.Place, _ = d.opt.Place(a.Step)
	}
	return f
}

// status says how the run ended.
func (d *driver) status() record.RunStatus {
	switch {
	case d.failures > 0 || d.why == BecauseTimeout:
		return record.Failed
	case d.tree.State() == schedule.Done:
		return record.Succeeded
	}
	return record.Stopped
}

// finishWithin is how long the end of a run may take to be written after a stop.
const finishWithin = 5 * time.Minute

// finish writes the end and completes the report.
func (d *driver) finish(ctx context.Context, r *Report) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishWithin)
	defer cancel()
	if r.Status == record.Failed && d.why == BecauseTimeout {
		r.Timeout = time.Duration(d.flow.Timeout) * time.Millisecond
	}
	if r.NotWritten = runtime.Finish(ctx, d.cfg, r.Status, r.first()); r.NotWritten == nil {
		end, err := store.GetJSON[record.End](ctx, d.cfg.Store, record.Keys{Flow: r.Flow, Run: r.Run}.EndRecord())
		r.Counts, r.Ended, r.NotWritten = end.Counts, end.Ended, err
		if d.stopped > 0 && r.Counts != nil { // the store knows only that they have no result
			r.Counts["failed"] = max(0, r.Counts["failed"]-d.stopped)
			r.Counts["stopped"] = d.stopped
		}
	}
	if r.Ended.IsZero() {
		r.Ended = time.Now().UTC()
	}
}

// deciders are the steps that a control of the tree names.
func deciders(b *contract.Block) map[string]bool {
	out := map[string]bool{}
	var walk func(b *contract.Block)
	walk = func(b *contract.Block) {
		for i := range b.Nodes {
			n := &b.Nodes[i]
			for _, c := range []*contract.Control{n.Gate, n.Control} {
				if c != nil && c.By == contract.ByStep {
					out[c.Step] = true
				}
			}
			if n.Body != nil {
				walk(n.Body)
			}
			for k := range n.Cases {
				walk(&n.Cases[k].Body)
			}
		}
	}
	walk(b)
	return out
}

// cause says why an attempt ended without result.
func cause(out *runtime.Outcome) record.TaskError {
	if out.Fail != nil {
		return out.Fail.TaskError
	}
	e := record.TaskError{Kind: "lost", Message: fmt.Sprintf("the attempt ended with exit code %d and left no word why", out.Exit)}
	if out.Err != nil {
		e.Kind, e.Message = "error", out.Err.Error()
	}
	return e
}
