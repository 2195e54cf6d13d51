package progress

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flowc-dev/flowc/diag"
)

// Step announces a step to a view.
type Step struct {
	Name string
	// Group is the node of the flow's own level that the step belongs to: itself,
	// or the block around it. A step counts as ended when its whole group has,
	// since until then a loop may go round again.
	Group string
}

// board is what is known of a run, without any way of showing it.
type board struct {
	now    func() time.Time
	start  time.Time
	steps  map[string]*step
	order  []*step
	groups map[string][]*step
	dirty  map[string]time.Time // groups with a task that ended, since when
	name   int                  // columns for names
	ended  int                  // tasks
	active int                  // attempts
}

// step is what is known of one step.
type step struct {
	name, group string
	at          int // in the order of the flow
	known       int // tasks that will run, as far as known
	running     int
	outcomes    [Stopped + 1]int
	began       time.Time // the first attempt
	last        time.Time // the last end
	printed     bool      // its line was written for good
	single      bool      // its only task has no index
}

// maxName is the widest that names are shown.
const maxName = 28

func newBoard(now func() time.Time, steps []Step) board {
	b := board{now: now, start: now(), steps: map[string]*step{}, groups: map[string][]*step{}, dirty: map[string]time.Time{}}
	for _, s := range steps {
		b.add(s)
	}
	return b
}

func (b *board) add(s Step) *step {
	made := &step{name: s.Name, group: s.Group, at: len(b.order), single: true}
	b.steps[s.Name] = made
	b.order = append(b.order, made)
	b.groups[s.Group] = append(b.groups[s.Group], made)
	b.name = max(b.name, min(diag.Width(s.Name), maxName))
	return made
}

func (b *board) step(name string) *step {
	if s := b.steps[name]; s != nil {
		return s
	}
	return b.add(Step{name, name})
}

func (b *board) started(t Task) {
	s := b.step(t.Step)
	s.single = s.single && !t.indexed()
	if s.began.IsZero() {
		s.began = b.now()
	}
	s.running++
	b.active++
	s.printed = false
}

// attemptEnded is for attempts after which the task goes on.
func (b *board) attemptEnded(t Task) {
	if s := b.step(t.Step); s.running > 0 {
		s.running--
		b.active--
	}
}

func (b *board) taskEnded(t Task, e End) {
	s := b.step(t.Step)
	s.single = s.single && !t.indexed()
	if t.Attempt > 0 {
		b.attemptEnded(t)
	}
	s.outcomes[e.Outcome]++
	s.last = b.now()
	if s.began.IsZero() {
		s.began = s.last.Add(-e.Took)
	}
	s.printed = false
	b.ended++
	b.dirty[s.group] = s.last
}

// settle returns, in order, the steps of groups that are complete and had a
// task that ended by then. What the end of a task led to is told right behind
// it, so whether a group is complete is asked a moment later.
func (b *board) settle(by time.Time) []*step {
	var out []*step
	for group, since := range b.dirty {
		if !since.After(by) {
			delete(b.dirty, group)
			out = append(out, b.complete(group)...)
		}
	}
	for _, s := range out {
		s.printed = true
	}
	slices.SortStableFunc(out, func(x, y *step) int { return cmp.Compare(x.at, y.at) })
	return out
}

// complete returns the steps of a group in order if all have ended, for all
// that is known, and were not shown as ended yet.
func (b *board) complete(group string) []*step {
	var fresh []*step
	for _, s := range b.groups[group] {
		if s.running > 0 || s.ended() < s.known {
			return nil
		}
		if s.ended() > 0 && !s.printed {
			fresh = append(fresh, s)
		}
	}
	return fresh
}

// open returns the steps that began or ended and were not shown for good.
func (b *board) open() []*step {
	var open []*step
	for _, s := range b.order {
		if !s.printed && (s.running > 0 || s.ended() > 0) {
			open = append(open, s)
		}
	}
	return open
}

func (s *step) ended() int {
	n := 0
	for _, c := range s.outcomes {
		n += c
	}
	return n
}

// mark is the sign in front of an ended step, with its colour.
func (s *step) mark() span {
	switch {
	case s.outcomes[Failed] > 0:
		return span{"✗", red}
	case s.outcomes[Stopped] > 0:
		return span{"■", yellow}
	case s.outcomes[Caught] > 0:
		return span{"!", yellow}
	case s.outcomes[Done]+s.outcomes[Reused] == 0:
		return span{"-", dim}
	}
	return span{"✓", green}
}

// words name the outcomes that are worth a word.
var words = [...]string{Done: "", Reused: "reused", Skipped: "skipped", Caught: "failed and caught", Failed: "failed", Stopped: "stopped"}

// summary says in a few words what became of the step's tasks.
func (s *step) summary() string {
	n := s.ended()
	if s.single && n == 1 {
		for o, c := range s.outcomes {
			if c > 0 {
				return words[o]
			}
		}
	}
	parts := []string{plural(n, "task")}
	for o, word := range words {
		switch c := s.outcomes[o]; {
		case c == 0 || word == "":
		case c == n:
			parts = append(parts, word)
		default:
			parts = append(parts, fmt.Sprintf("%d %s", c, word))
		}
	}
	return strings.Join(parts, ", ")
}

// told reports whether the line about a failed task has said all there is.
func (s *step) told() bool {
	return s.single && s.ended() == 1 && s.outcomes[Failed]+s.outcomes[Caught] == 1
}

func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// nameWidth is the columns for names in lines of that width.
func (b *board) nameWidth(width int) int { return min(b.name, max(8, width/3)) }

// endedLine is the line of a step that has ended.
func (b *board) endedLine(s *step, width int, color bool) string {
	took := ""
	if s.outcomes[Skipped]+s.outcomes[Reused] < s.ended() {
		took = short(s.last.Sub(s.began))
	}
	return line(width, color, span{took, dim},
		s.mark(), span{" " + pad(s.name, b.nameWidth(width)), plain}, span{"  " + s.summary(), dim})
}

// failureLine is the line of a task that failed or was caught.
func failureLine(t Task, e End, width int, color bool) string {
	sign := span{"✗", red}
	text := " failed"
	if e.Outcome == Caught {
		sign, text = span{"!", yellow}, " failed, and is caught"
	}
	if e.Why != "" {
		text += ": " + e.Why
	}
	return line(width, color, span{}, sign, span{" " + t.String(), plain}, span{text, plain})
}

func retryLine(t Task, why string, after time.Duration, width int, color bool) string {
	text := fmt.Sprintf(" attempt %d failed", t.Attempt)
	if why != "" {
		text += " (" + why + ")"
	}
	if after > 0 {
		text += ", again in " + short(after)
	} else {
		text += ", again at once"
	}
	return line(width, color, span{}, span{"↻", yellow}, span{" " + t.String(), plain}, span{text, dim})
}
