package progress

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/flowc-dev/flowc/diag"
)

// frameEvery is the time between two frames.
const frameEvery = 100 * time.Millisecond

// maxWidth is the widest that lines of steps are, so that the time on the right
// stays near its step on a wide terminal.
const maxWidth = 92

var spinner = []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}

// Terminal is a View that redraws a few lines at the bottom: what runs now.
// What has ended is written above them, once, and scrolls away.
type Terminal struct {
	mu      sync.Mutex
	board   board
	out     io.Writer
	size    func() (columns, rows int)
	color   bool
	pending []string // lines to write for good before the next frame
	drawn   []int    // columns of each line of the last frame
	frame   int
	closed  bool

	stop, stopped chan struct{}
}

// NewTerminal starts a view. size is asked before each frame, so that the view
// follows a terminal that is resized.
func NewTerminal(out io.Writer, steps []Step, color bool, size func() (columns, rows int)) *Terminal {
	t := newTerminal(out, steps, color, size, time.Now)
	t.stop, t.stopped = make(chan struct{}), make(chan struct{})
	go t.loop()
	return t
}

func newTerminal(out io.Writer, steps []Step, color bool, size func() (int, int), now func() time.Time) *Terminal {
	return &Terminal{board: newBoard(now, steps), out: out, size: size, color: color}
}

func (v *Terminal) loop() {
	defer close(v.stopped)
	tick := time.NewTicker(frameEvery)
	defer tick.Stop()
	for {
		select {
		case <-v.stop:
			return
		case <-tick.C:
			v.mu.Lock()
			v.draw(true)
			v.mu.Unlock()
		}
	}
}

func (v *Terminal) Start(t Task) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.settle(0)
	v.board.started(t)
}

func (v *Terminal) End(t Task, e End) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.settle(0)
	v.board.taskEnded(t, e)
	if e.Outcome == Failed || e.Outcome == Caught {
		columns, _ := v.size()
		v.pending = append(v.pending, failureLine(t, e, columns-1, v.color))
	}
}

func (v *Terminal) Retry(t Task, why string, after time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.settle(0)
	v.board.attemptEnded(t)
	columns, _ := v.size()
	v.pending = append(v.pending, retryLine(t, why, after, columns-1, v.color))
}

func (v *Terminal) Known(step string, tasks int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.board.step(step).known = tasks
}

func (v *Terminal) Log(t Task, text string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.pending = append(v.pending, paint(t.String()+" │ ", dim, v.color)+diag.Printable(text))
}

func (v *Terminal) Say(text string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.pending = append(v.pending, text)
}

func (v *Terminal) Close() {
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
	v.draw(false)
	v.closed = true
}

// settle writes the steps for good that ended at least so long ago.
func (v *Terminal) settle(ago time.Duration) {
	for _, s := range v.board.settle(v.board.now().Add(-ago)) {
		v.printStep(s)
	}
}

func (v *Terminal) printStep(s *step) {
	columns, _ := v.size()
	s.printed = true
	if s.told() {
		return
	}
	v.pending = append(v.pending, v.board.endedLine(s, min(columns-1, maxWidth), v.color))
}

// draw writes what is pending, then the lines of what runs. Everything goes out
// in one write and nothing is erased before it is written over, so that
// nothing flickers. Lines stay narrower than the terminal and never wrap.
func (v *Terminal) draw(live bool) {
	if v.closed {
		return
	}
	v.settle(frameEvery / 2)
	columns, rows := v.size()
	var frame []string
	if live {
		frame = v.lines(min(columns-1, maxWidth), rows)
	}
	if len(v.pending) == 0 && len(frame) == 0 && len(v.drawn) == 0 {
		return
	}
	var b strings.Builder
	b.WriteString("\x1b[?2026h") // terminals that know it show all or nothing
	if up := v.height(columns); up > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", up)
	}
	b.WriteString("\r")
	v.drawn = v.drawn[:0]
	for _, text := range v.pending {
		b.WriteString(text)
		b.WriteString("\x1b[K\n")
	}
	for _, text := range frame {
		b.WriteString(text)
		b.WriteString("\x1b[K\n")
		v.drawn = append(v.drawn, diag.Width(unstyled(text)))
	}
	b.WriteString("\x1b[J\x1b[?2026l")
	v.pending = v.pending[:0]
	v.frame++
	io.WriteString(v.out, b.String()) //nolint:errcheck // a terminal that is gone is no reason to end a run
}

// height is the number of rows that the last frame takes now: a terminal that
// became narrower has wrapped its lines.
func (v *Terminal) height(columns int) int {
	rows := 0
	for _, w := range v.drawn {
		rows += max(1, (w+columns-1)/max(columns, 1))
	}
	return rows
}

// lines is the frame: what runs, and a line about the whole.
func (v *Terminal) lines(width, rows int) []string {
	now := v.board.now()
	open := v.board.open()
	room := max(1, rows-3)
	if len(open) > room {
		running := open[:0:0]
		for _, s := range open {
			if s.running > 0 {
				running = append(running, s)
			}
		}
		open = running
	}
	more := 0
	if len(open) > room {
		more = len(open) - room + 1
		open = open[:room-1]
	}
	var out []string
	for _, s := range open {
		out = append(out, v.stepLine(s, now, width))
	}
	if more > 0 {
		out = append(out, line(width, v.color, span{}, span{fmt.Sprintf("  and %s more", plural(more, "step")), dim}))
	}
	if v.board.active == 0 && v.board.ended == 0 {
		return out
	}
	total := fmt.Sprintf("%s done, %d running", plural(v.board.ended, "task"), v.board.active)
	return append(out, line(width, v.color, span{short(now.Sub(v.board.start)), dim}, span{"  " + total, dim}))
}

// stepLine is the line of a step that runs, or waits for the rest of its block.
func (v *Terminal) stepLine(s *step, now time.Time, width int) string {
	if s.running == 0 && s.ended() >= s.known {
		return v.board.endedLine(s, width, v.color)
	}
	left := []span{
		{spinner[v.frame%len(spinner)], cyan},
		{" " + pad(s.name, v.board.nameWidth(width)), plain},
	}
	ended := s.ended()
	if total := max(s.known, ended+s.running); total > 1 || !s.single {
		left = append(left, span{"  ", plain})
		if width >= v.board.nameWidth(width)+50 {
			left = append(left, bar(ended, s.running, total, 20)...)
			left = append(left, span{"  ", plain})
		}
		counts := fmt.Sprintf("%d/%d", ended, total)
		if s.running > 0 {
			counts += fmt.Sprintf(", %d running", s.running)
		}
		left = append(left, span{counts, plain})
		if n := s.outcomes[Failed]; n > 0 {
			left = append(left, span{fmt.Sprintf(", %d failed", n), red})
		}
	} else if s.running == 0 {
		left = append(left, span{"  waits to be tried again", dim})
	}
	return line(width, v.color, span{short(now.Sub(s.began)), dim}, left...)
}

// unstyled removes the sequences that paint adds.
func unstyled(text string) string {
	for {
		i := strings.Index(text, "\x1b[")
		if i < 0 {
			return text
		}
		j := strings.IndexByte(text[i:], 'm')
		if j < 0 {
			return text
		}
		text = text[:i] + text[i+j+1:]
	}
}
