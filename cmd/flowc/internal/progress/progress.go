// Package progress shows how a run goes: a few lines that follow what happens
// on a terminal, and one line for each thing worth knowing elsewhere.
//
// A view is told what happens by calling its methods, from any goroutine. It
// reads no clock but the one it is given, so that tests see exact output.
package progress

import (
	"fmt"
	"time"
)

// View shows a run. All methods may be called concurrently.
type View interface {
	// Start says that an attempt of a task began.
	Start(t Task)
	// End says how a task ended for good.
	End(t Task, e End)
	// Retry says that an attempt failed and that another will be made.
	Retry(t Task, why string, after time.Duration)
	// Known says how many tasks of a step will run, as far as is known now.
	Known(step string, tasks int)
	// Log shows a line that a task printed.
	Log(t Task, line string)
	// Say shows a line between what is shown of the run.
	Say(line string)
	// Close shows what is still open and gives the terminal back. The view
	// shows nothing afterwards.
	Close()
}

// Task names one execution of a step.
type Task struct {
	Step    string
	Path    string // "3.0"; "_" or "" where the step runs once
	Attempt int    // from 1; 0 in an End for a task that never started
}

// indexed reports whether the task is one of several that its step may have.
func (t Task) indexed() bool { return t.Path != "" && t.Path != "_" }

func (t Task) String() string {
	if !t.indexed() {
		return t.Step
	}
	return t.Step + "[" + t.Path + "]"
}

// Outcome says how a task ended.
type Outcome uint8

const (
	Done    Outcome = iota // it ran, and its outputs are there
	Reused                 // not run: an earlier result was taken over
	Skipped                // not run: its gate was closed
	Caught                 // failed, and the flow goes on without its outputs
	Failed
	Stopped // somebody ended it
)

// End is the end of a task.
type End struct {
	Outcome Outcome
	Why     string // of a failure: one line
	Took    time.Duration
}

// short prints a duration in at most six columns: 0.3s, 12s, 2m05s, 1h02m.
func short(d time.Duration) string {
	d = max(d, 0)
	switch {
	case d < 9950*time.Millisecond:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < 59500*time.Millisecond:
		return fmt.Sprintf("%.0fs", d.Seconds())
	case d < time.Hour-500*time.Millisecond:
		s := int(d.Seconds() + 0.5)
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	}
	m := int(d.Minutes() + 0.5)
	return fmt.Sprintf("%dh%02dm", m/60, m%60)
}
