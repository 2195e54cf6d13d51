package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"

	"github.com/flowc-dev/flowc/cmd/flowc/internal/progress"
	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/engine"
)

// execute runs what was prepared, shows how it goes, and reports how it ended.
func (a *app) execute(ctx context.Context, flow *contract.Flow, opt engine.Options, f *runFlags) error {
	view := a.view(flow)
	opt.Events = (&shower{view: view, logs: f.logs}).event
	ctx, kill, done := untilSignal(ctx, view)
	defer done()
	opt.Config.Kill = kill
	report, err := engine.Run(ctx, opt)
	view.Close()
	if err != nil {
		return err
	}
	return a.report(ctx, report, opt.Config.Store, f.output.value == "json")
}

// view is a live view on a terminal, and lines elsewhere.
func (a *app) view(flow *contract.Flow) progress.View {
	var steps []progress.Step
	for _, n := range flow.Body.Nodes {
		steps = appendSteps(steps, n, n.Name)
	}
	f := terminal(a.stderr)
	if f == nil || a.getenv("TERM") == "dumb" {
		return progress.NewLines(a.stderr, steps)
	}
	return progress.NewTerminal(f, steps, a.color(a.stderr), func() (int, int) {
		columns, rows, err := term.GetSize(int(f.Fd()))
		if err != nil || columns < 1 || rows < 1 {
			return 80, 24
		}
		return columns, rows
	})
}

// appendSteps lists the steps of a node of the flow's own level.
func appendSteps(steps []progress.Step, n contract.Node, group string) []progress.Step {
	if n.Kind == contract.KindStep {
		return append(steps, progress.Step{Name: n.Name, Group: group})
	}
	bodies := []*contract.Block{n.Body}
	for i := range n.Cases {
		bodies = append(bodies, &n.Cases[i].Body)
	}
	for _, body := range bodies {
		if body == nil {
			continue
		}
		for _, inner := range body.Nodes {
			steps = appendSteps(steps, inner, group)
		}
	}
	return steps
}

// shower tells a view what the engine says.
type shower struct {
	view progress.View
	logs bool
}

func (s *shower) event(e engine.Event) {
	switch e := e.(type) {
	case engine.Started:
		text := "run " + e.Run
		if e.Origin != "" {
			text += fmt.Sprintf(", takes over %d tasks of run %s", e.Reused, e.Origin)
		}
		s.view.Say(text)
	case engine.Known:
		s.view.Known(e.Step, e.Tasks)
	case engine.AttemptStarted:
		s.view.Start(taskOf(e.Task))
	case engine.AttemptFailed:
		s.view.Retry(taskOf(e.Task), e.Error.Message, e.Wait)
	case engine.TaskEnded:
		end := progress.End{Outcome: outcomes[e.Outcome], Took: e.Took}
		if e.Error != nil {
			end.Why = e.Error.Message
		}
		s.view.End(taskOf(e.Task), end)
	case engine.Closed:
		s.view.End(progress.Task{Step: e.Node, Path: e.Path}, progress.End{Outcome: progress.Skipped})
	case engine.LogLine:
		if s.logs {
			s.view.Log(taskOf(e.Task), e.Line)
		}
	case engine.Ending:
		if why := endings[e.Why]; why != "" && e.Running > 0 {
			s.view.Say(fmt.Sprintf(why, e.Running))
		}
	}
}

func taskOf(t engine.TaskID) progress.Task {
	return progress.Task{Step: t.Step, Path: t.Path, Attempt: t.Attempt}
}

var outcomes = map[engine.Outcome]progress.Outcome{
	engine.OK: progress.Done, engine.Skipped: progress.Skipped, engine.Caught: progress.Caught,
	engine.Poisoned: progress.Skipped, engine.Failed: progress.Failed, engine.Stopped: progress.Stopped,
	engine.Reused: progress.Reused,
}

var endings = map[engine.EndReason]string{
	engine.BecauseFailed:  "nothing new is started; waiting for %d running",
	engine.BecauseTimeout: "the flow's timeout is over; stopping %d running",
	engine.BecauseStopped: "stopping %d running; again to kill them",
}

// untilSignal ends the context at the first Ctrl-C (or SIGTERM, as a service
// manager sends it), and closes kill at the second.
func untilSignal(parent context.Context, view progress.View) (ctx context.Context, kill <-chan struct{}, done func()) {
	ctx, cancel := context.WithCancel(parent)
	killed := make(chan struct{})
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	ended := make(chan struct{})
	go func() {
		for n := 0; ; n++ {
			select {
			case <-ended:
				return
			case <-signals:
			}
			switch n {
			case 0:
				cancel()
			case 1:
				view.Say("killing")
				close(killed)
			}
		}
	}()
	return ctx, killed, func() {
		signal.Stop(signals)
		close(ended)
		cancel()
	}
}
