package runtime

import (
	"os"
	"sync"
	"time"

	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/resolve"
)

// shared is what tasks of one run know together.
type shared struct {
	mu    sync.Mutex
	run   *record.Run
	reuse *resolve.Reuse
	code  digests
	files secretFiles
}

func (c *Config) state() *shared {
	c.once.Do(func() { c.shared = &shared{} })
	return c.shared
}

// facts returns the run's record and what the run takes over; nil as long as
// nobody in this process has read them.
func (c *Config) facts() (*record.Run, *resolve.Reuse) {
	s := c.state()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.run, s.reuse
}

func (c *Config) learn(run *record.Run, reuse *resolve.Reuse) {
	s := c.state()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.run, s.reuse = run, reuse
}

func (c *Config) keys() record.Keys { return record.Keys{Flow: c.Flow, Run: c.Run} }

func (c *Config) parallel() int {
	if c.Parallel > 0 {
		return c.Parallel
	}
	return 32
}

func (c *Config) grace() time.Duration {
	if c.Grace > 0 {
		return c.Grace
	}
	return 10 * time.Second
}

func (c *Config) environ() []string {
	if c.Environ != nil {
		return c.Environ
	}
	return os.Environ()
}
