package engine

import (
	"bytes"
	"strings"
	"sync"
	"time"

	"github.com/flowc-dev/flowc/record"
)

// Event is something that happens in a run: one of the types below.
type Event interface{ event() }

// Started: the run has its record; tasks follow.
type Started struct {
	Run    string
	Origin string // the run that it resumes
	Reused int    // tasks that it takes over
}

// Known: so many tasks of a step will run or have run, as far as is known now.
type Known struct {
	Step  string
	Tasks int
}

// AttemptStarted: an attempt of a task begins.
type AttemptStarted struct{ Task TaskID }

// AttemptFailed: an attempt ended without result, and another one follows.
type AttemptFailed struct {
	Task  TaskID
	Error record.TaskError
	Wait  time.Duration // before the next one
}

// TaskEnded: a task is at its end.
type TaskEnded struct {
	Task    TaskID // Attempt is 0 if none was started
	Outcome Outcome
	Error   *record.TaskError // of Failed and Caught
	Took    time.Duration     // of the last attempt
}

// Closed: a step or block does not run at a path because its gate is closed.
type Closed struct {
	Node string
	Path string
}

// LogLine: a task printed a line.
type LogLine struct {
	Task TaskID
	Line string // without its end
}

// Ending: no task is started any more, while some still run.
type Ending struct {
	Why     EndReason
	Running int
}

func (Started) event()        {}
func (Known) event()          {}
func (AttemptStarted) event() {}
func (AttemptFailed) event()  {}
func (TaskEnded) event()      {}
func (Closed) event()         {}
func (LogLine) event()        {}
func (Ending) event()         {}

// TaskID names an attempt of a task.
type TaskID struct {
	Step    string
	Path    string // "3.0"; "_" where the step runs once
	Attempt int    // from 1
}

// Outcome says how a task ended.
type Outcome string

const (
	OK       Outcome = "ok"
	Skipped  Outcome = "skipped"  // its gate was closed
	Caught   Outcome = "caught"   // failed for good, and the flow goes on without it
	Poisoned Outcome = "poisoned" // not run: a task before it was caught
	Failed   Outcome = "failed"   // failed for good
	Stopped  Outcome = "stopped"  // ended from outside
	Reused   Outcome = "reused"   // not run: taken over from an earlier run
)

// EndReason says why no more tasks are started.
type EndReason string

const (
	BecauseFailed     EndReason = "failed"     // a task has failed for good
	BecauseStopped    EndReason = "stopped"    // the context ended
	BecauseTimeout    EndReason = "timeout"    // the flow's timeout is over
	BecauseImpossible EndReason = "impossible" // the run can't go on
)

// events hands events on, one after the other.
type events struct {
	mu sync.Mutex
	to func(Event)
}

func newEvents(to func(Event)) *events {
	if to == nil {
		to = func(Event) {}
	}
	return &events{to: to}
}

func (e *events) send(ev Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.to(ev)
}

// lines turns what a task prints into LogLine events.
type lines struct {
	events *events
	task   TaskID
	mu     sync.Mutex
	rest   []byte
}

// maxLine is the number of bytes after which a line is cut in two.
const maxLine = 64 << 10

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(p)
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			l.rest = append(l.rest, p...)
			if len(l.rest) > maxLine {
				l.flush()
			}
			break
		}
		l.rest = append(l.rest, p[:i]...)
		l.flush()
		p = p[i+1:]
	}
	return n, nil
}

func (l *lines) flush() {
	l.events.send(LogLine{l.task, strings.TrimSuffix(string(l.rest), "\r")})
	l.rest = l.rest[:0]
}

// close hands on a last line that has no end.
func (l *lines) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.rest) > 0 {
		l.flush()
	}
}
