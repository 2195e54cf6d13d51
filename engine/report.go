package engine

import (
	"fmt"
	"strings"
	"time"

	"github.com/flowc-dev/flowc/engine/reuse"
	"github.com/flowc-dev/flowc/record"
)

// Report says how a run ended.
type Report struct {
	Flow, Run string
	Origin    string        // the run that it resumed, or ""
	Again     []reuse.Again // steps of which it repeated finished tasks, and why
	Status    record.RunStatus
	Started   time.Time
	Ended     time.Time
	Counts    map[string]int // tasks by Outcome, those taken over by what they were; nil if the end could not be written

	Failures []Failure     // tasks that failed for good, in the order in which they did
	More     int           // failures that are not listed
	Timeout  time.Duration // the flow's own, if the run ended because of it

	// NotWritten says why the end could not be written into the store: the run
	// then looks as if it was killed. It can be resumed all the same.
	NotWritten error
}

// Failure is a task that failed for good. Step is "" where the run itself could not go on.
type Failure struct {
	Step     string
	Path     string // "3.0"; "_" where the step runs once; "b3" for a container of a batch
	Place    Place  // of the step in its source, if that is known
	Error    record.TaskError
	Attempts int
	Budget   int      // attempts that the step may have; 0 is one
	Tail     []string // the last lines that it printed
}

// Task is how people write the task: fit, fit[3.0].
func (f *Failure) Task() string {
	if f.Path == "" || f.Path == record.Root {
		return f.Step
	}
	return f.Step + "[" + f.Path + "]"
}

// first is the failure that the run's end names.
func (r *Report) first() *record.TaskError {
	if len(r.Failures) > 0 {
		e := r.Failures[0].Error
		e.Step, e.Path = r.Failures[0].Step, r.Failures[0].Path
		if _, err := record.ParsePath(e.Path); err != nil {
			e.Path = "" // a container
		}
		return &e
	}
	if r.Timeout > 0 {
		return &record.TaskError{Kind: "timeout", Message: fmt.Sprintf("the flow ran longer than its timeout of %s", r.Timeout)}
	}
	return nil
}

// ResumeCommand is the command that does the rest of a run. Flags are put in
// front of what they are about, for example "--store", "s3://b".
func (r *Report) ResumeCommand(flags ...string) string {
	return Command(append([]string{"flowc", "resume", r.Run}, flags...)...)
}

// LogCommand is the command that shows a failed task's whole log.
func (r *Report) LogCommand(f *Failure, flags ...string) string {
	return Command(append([]string{"flowc", "runs", "logs", r.Run + "/" + f.Task()}, flags...)...)
}

// Command writes words as one line for a shell.
func Command(words ...string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w
		if w == "" || strings.Trim(w, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.,:/@%+=-") != "" {
			out[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return strings.Join(out, " ")
}

// Explain says in plain lines why the run did not succeed: for each task that
// failed its place in the flow, what went wrong, the end of its log, and what
// can be done. It is "" for a run that succeeded.
func (r *Report) Explain(flags ...string) string {
	var b strings.Builder
	for i := range r.Failures {
		f := &r.Failures[i]
		if f.Step == "" {
			fmt.Fprintf(&b, "the run can't go on: %s\n\n", f.Error.Message)
			continue
		}
		fmt.Fprintf(&b, "%s failed: %s\n", f.Task(), oneLine(f.Error.Message))
		if f.Place.File != "" {
			fmt.Fprintf(&b, "  at %s: %s\n", f.Place, strings.TrimSpace(f.Place.Text))
		}
		fmt.Fprintf(&b, "  %s\n", f.kind())
		if len(f.Tail) > 0 {
			fmt.Fprintf(&b, "  the end of its log:\n")
			for _, line := range f.Tail {
				fmt.Fprintf(&b, "    | %s\n", oneLine(line))
			}
			fmt.Fprintf(&b, "  all of it:  %s\n", r.LogCommand(f, flags...))
		}
		b.WriteByte('\n')
	}
	if r.More > 0 {
		fmt.Fprintf(&b, "%d more tasks failed\n\n", r.More)
	}
	if r.Timeout > 0 {
		fmt.Fprintf(&b, "the flow ran longer than its timeout of %s\n\n", r.Timeout)
	}
	if r.NotWritten != nil {
		fmt.Fprintf(&b, "the end of the run could not be written: %v\n\n", r.NotWritten)
	}
	if r.Status != record.Succeeded {
		fmt.Fprintf(&b, "what is done is kept; to do the rest:  %s\n", r.ResumeCommand(flags...))
	}
	return b.String()
}

// kind is "error, exit code 1, attempt 3 of 3".
func (f *Failure) kind() string {
	s := "kind " + f.Error.Kind
	if f.Error.ExitCode != nil {
		s += fmt.Sprintf(", exit code %d", *f.Error.ExitCode)
	}
	if f.Budget > 1 {
		return s + fmt.Sprintf(", attempt %d of %d", min(f.Attempts, f.Budget), f.Budget)
	}
	return s + ", no retries"
}

// oneLine takes what would move the cursor of a terminal out of a text.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r == '\n' || r == '\r':
			return ' '
		case r < ' ' || r == 0x7f || 0x80 <= r && r < 0xa0:
			return '�'
		}
		return r
	}, s)
}
