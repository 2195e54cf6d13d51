package runtime

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/flowc-dev/flowc/store"
)

// Sizes of logs, in bytes.
const (
	logChunk   = 1 << 20 // of one object
	logBacklog = 8 << 20 // not stored yet, before the command has to wait
	logLimit   = 1 << 30 // of one attempt; what comes later is not stored
)

// Log chunks are stored when they are full, and every few seconds: at first
// often, so that one can look on, later less often, so that a quiet task of
// many hours doesn't make thousands of objects.
const (
	logFirst = 3 * time.Second
	logLast  = time.Minute
)

// logStore writes a log into the store, chunk by chunk, while it grows. A log
// that can't be stored fails no task: what a task computed is worth more than
// what it said. Nothing printed, nothing stored.
type logStore struct {
	store store.Store
	key   func(chunk int) string

	mu      sync.Mutex
	room    *sync.Cond // signalled when the backlog shrinks
	buf     []byte
	chunks  int
	total   int64
	lost    int64 // bytes that could not be stored
	started time.Time
	wake    chan struct{} // a chunk is full
	quit    chan struct{}
	done    chan struct{} // closed by the uploader; nil until there is one
}

func newLogStore(s store.Store, key func(int) string) *logStore {
	l := &logStore{store: s, key: key, wake: make(chan struct{}, 1), quit: make(chan struct{})}
	l.room = sync.NewCond(&l.mu)
	return l
}

func (l *logStore) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done == nil {
		l.started, l.done = time.Now(), make(chan struct{})
		go l.upload()
	}
	if l.total >= logLimit {
		return len(p), nil
	}
	for len(l.buf) > logBacklog {
		l.room.Wait()
	}
	l.buf = append(l.buf, p...)
	if l.total += int64(len(p)); l.total >= logLimit {
		l.buf = fmt.Appendf(l.buf, "\n[flowc] the log ends here: it has reached %d MiB\n", logLimit>>20)
	}
	if len(l.buf) >= logChunk {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
	return len(p), nil
}

// upload stores chunks until close is called.
func (l *logStore) upload() {
	defer close(l.done)
	for {
		pause := min(max(time.Since(l.started)/10, logFirst), logLast)
		t := time.NewTimer(pause)
		select {
		case <-l.wake:
		case <-t.C:
		case <-l.quit:
			t.Stop()
			return
		}
		t.Stop()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		if l.flush(ctx) != nil {
			l.shed()
		}
		cancel()
	}
}

// flush stores what is there.
func (l *logStore) flush(ctx context.Context) error {
	for {
		l.mu.Lock()
		n := min(len(l.buf), logChunk)
		chunk := l.buf[:n:n]
		number := l.chunks
		l.mu.Unlock()
		if n == 0 {
			return nil
		}
		// The key is this attempt's own: an object that is there already is ours.
		err := store.PutBytes(ctx, l.store, l.key(number), chunk)
		if err != nil && !errors.Is(err, store.ErrExists) {
			return err
		}
		l.mu.Lock()
		l.buf = l.buf[n:]
		l.chunks++
		l.room.Broadcast()
		l.mu.Unlock()
	}
}

// shed drops the older half of a backlog that can't be stored, so that the
// command doesn't wait for a store that has gone.
func (l *logStore) shed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.buf) <= logBacklog {
		return
	}
	drop := len(l.buf) - logBacklog/2
	l.lost += int64(drop)
	note := fmt.Appendf(nil, "\n[flowc] %d bytes of the log are missing here: the store could not be written\n", drop)
	l.buf = append(note, l.buf[drop:]...)
	l.room.Broadcast()
}

// close stores the rest. Its error is worth a word, no more.
func (l *logStore) close() error {
	l.mu.Lock()
	begun := l.done != nil
	l.mu.Unlock()
	if !begun {
		return nil
	}
	close(l.quit)
	<-l.done
	var err error
	for try := range 3 {
		if try > 0 {
			time.Sleep(time.Duration(try) * 200 * time.Millisecond)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		err = l.flush(ctx)
		cancel()
		if err == nil {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("the end of the log could not be stored: %w", err)
	}
	return nil
}

// tail keeps the last lines of a stream.
type tail struct {
	lines []string
	line  []byte
}

const (
	tailLines = 20
	tailWidth = 500 // bytes of one line
)

func (t *tail) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		part, rest, complete := bytes.Cut(p, []byte("\n"))
		if room := tailWidth - len(t.line); room > 0 {
			t.line = append(t.line, part[:min(room, len(part))]...)
		}
		if complete {
			t.push()
		}
		p = rest
	}
	return n, nil
}

func (t *tail) push() {
	if len(t.lines) == tailLines {
		t.lines = append(t.lines[:0], t.lines[1:]...)
	}
	t.lines = append(t.lines, printableLine(t.line))
	t.line = t.line[:0]
}

// last returns the lines; an unfinished one counts.
func (t *tail) last() []string {
	if len(t.line) > 0 {
		t.push()
	}
	return t.lines
}

// printableLine makes a line safe to show: no control characters, valid UTF-8.
func printableLine(b []byte) string {
	if i := bytes.LastIndexByte(bytes.TrimRight(b, "\r"), '\r'); i >= 0 {
		b = b[i+1:] // what a progress bar left
	}
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return -1
		}
		return r
	}, string(b))
}

// taskLog is where a command's output goes: masked, to whoever looks on, to
// the tail, and into the store.
type taskLog struct {
	mask  maskWriter
	tail  tail
	store *logStore
	live  io.Writer

	mu     sync.Mutex
	header string // printed before the next output
}

func newTaskLog(m *masker, live io.Writer, chunks *logStore) *taskLog {
	l := &taskLog{store: chunks, live: live}
	l.mask = maskWriter{m: m, w: writerFunc(l.masked)}
	return l
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func (l *taskLog) masked(p []byte) (int, error) {
	if l.header != "" && len(p) > 0 {
		h := l.header
		l.header = ""
		l.masked([]byte(h))
	}
	l.tail.Write(p)
	if l.live != nil {
		l.live.Write(p)
	}
	return l.store.Write(p)
}

// Write takes output of the command.
func (l *taskLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mask.Write(p)
}

// say adds a line of the runtime's own.
func (l *taskLog) say(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mask.Flush()
	fmt.Fprintf(&l.mask, "[flowc] "+format+"\n", args...)
	l.mask.Flush()
}

// section sets a line that is printed before the next output, if any comes.
func (l *taskLog) section(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mask.Flush()
	l.header = "[flowc] " + fmt.Sprintf(format, args...) + "\n"
}

// close ends the log and returns the last lines.
func (l *taskLog) close() ([]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mask.Flush()
	return l.tail.last(), l.store.close()
}
