package progress

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/flowc-dev/flowc/diag"
)

// reportEvery is how often Lines says that something still runs.
const reportEvery = 30 * time.Second

// Lines is a View for files and CI: one line when a step ended, for each
// failure and retry, and every half a minute for what runs.
type Lines struct {
	mu     sync.Mutex
	board  board
	out    io.Writer
	closed bool

	stop, stopped chan struct{}
}

// NewLines starts a view.
func NewLines(out io.Writer, steps []Step) *Lines {
	v := newLines(out, steps, time.Now)
	v.stop, v.stopped = make(chan struct{}), make(chan struct{})
	go v.loop()
	return v
}

func newLines(out io.Writer, steps []Step, now func() time.Time) *Lines {
	return &Lines{board: newBoard(now, steps), out: out}
}

func (v *Lines) loop() {
	defer close(v.stopped)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	reported := v.board.start
	for {
		select {
		case <-v.stop:
			return
		case now := <-tick.C:
			v.mu.Lock()
			v.settle(time.Second / 2)
			if now.Sub(reported) >= reportEvery {
				reported = now
				v.report()
			}
			v.mu.Unlock()
		}
	}
}

// settle prints the steps that ended at least so long ago.
func (v *Lines) settle(ago time.Duration) {
	for _, s := range v.board.settle(v.board.now().Add(-ago)) {
		v.printStep(s)
	}
}

func (v *Lines) Start(t Task) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.settle(0)
	v.board.started(t)
}

func (v *Lines) End(t Task, e End) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.settle(0)
	v.board.taskEnded(t, e)
	if e.Outcome == Failed || e.Outcome == Caught {
		v.print(failureLine(t, e, lineWidth, false))
	}
}

func (v *Lines) Retry(t Task, why string, after time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.settle(0)
	v.board.attemptEnded(t)
	v.print(retryLine(t, why, after, lineWidth, false))
}

func (v *Lines) Known(step string, tasks int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.board.step(step).known = tasks
}

func (v *Lines) Log(t Task, text string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.print(t.String() + " | " + diag.Printable(text))
}

func (v *Lines) Say(text string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.print(text)
}

func (v *Lines) Close() {
	if v.stop != nil {
		close(v.stop)
		<-v.stopped
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, s := range v.board.open() {
		if s.ended() > 0 {
			v.printStep(s)
		}
	}
	v.closed = true
}

// lineWidth is where lines are cut: wide, since logs wrap or scroll.
const lineWidth = 200

func (v *Lines) printStep(s *step) {
	s.printed = true
	if s.told() {
		return
	}
	text := s.name
	if summary := s.summary(); summary != "" {
		text += ": " + summary
	}
	if s.outcomes[Skipped]+s.outcomes[Reused] < s.ended() {
		text += " (" + short(s.last.Sub(s.began)) + ")"
	}
	v.print(s.mark().text + " " + diag.Cut(text, lineWidth))
}

// report says what runs.
func (v *Lines) report() {
	now := v.board.now()
	for _, s := range v.board.open() {
		if s.running == 0 {
			continue
		}
		ended := s.ended()
		total := max(s.known, ended+s.running)
		text := s.name
		if total > 1 || !s.single {
			text += fmt.Sprintf(": %d/%d, %d running", ended, total, s.running)
		}
		v.print(fmt.Sprintf("… %s, since %s", diag.Cut(text, lineWidth), short(now.Sub(s.began))))
	}
}

func (v *Lines) print(text string) {
	if !v.closed {
		fmt.Fprintln(v.out, text)
	}
}
