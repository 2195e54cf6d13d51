package progress

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// stage is a view on a screen, with a clock that tests move.
type stage struct {
	*Terminal
	*screen
	clock time.Time
	tall  int
}

func newStage(columns int, steps ...Step) *stage {
	s := &stage{screen: newScreen(columns), clock: time.Unix(1e9, 0), tall: 24}
	s.Terminal = newTerminal(s.screen, steps, true, func() (int, int) { return s.columns, s.tall }, func() time.Time { return s.clock })
	return s
}

func (s *stage) wait(d time.Duration) { s.clock = s.clock.Add(d) }

func (s *stage) expect(t *testing.T, when, want string) {
	t.Helper()
	if diff := cmp.Diff(strings.Trim(want, "\n"), s.screen.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", when, diff)
	}
	if s.bad != nil {
		t.Errorf("%s: the view wrote %q", when, s.bad)
	}
}

func TestTerminal(t *testing.T) {
	s := newStage(80, Step{"load", "load"}, Step{"train", "train"}, Step{"publish", "publish"})
	load := Task{"load", "_", 1}
	s.Known("load", 1)
	s.Start(load)
	s.wait(1500 * time.Millisecond)
	s.draw(true)
	s.expect(t, "while load runs", `
⠋ load                                                                     1.5s
  0 tasks done, 1 running                                                  1.5s`)

	s.Known("train", 4)
	s.End(load, End{Outcome: Done})
	for _, path := range []string{"0", "1", "2"} {
		s.Start(Task{"train", path, 1})
	}
	s.wait(time.Second)
	s.End(Task{"train", "0", 1}, End{Outcome: Done})
	s.Retry(Task{"train", "1", 1}, "exit code 1", 30*time.Second)
	s.draw(true)
	s.expect(t, "while train runs", `
✓ load                                                                     1.5s
↻ train[1] attempt 1 failed (exit code 1), again in 30s
⠙ train    ━━━━━━━━━━──────────  1/4, 1 running                            1.0s
  2 tasks done, 1 running                                                  2.5s`)

	s.Start(Task{"train", "1", 2})
	s.End(Task{"train", "1", 2}, End{Outcome: Failed, Why: "exit code 1"})
	s.Known("publish", 1)
	s.End(Task{"train", "2", 1}, End{Outcome: Done})
	s.Start(Task{"train", "3", 1})
	s.End(Task{"train", "3", 1}, End{Outcome: Done})
	s.End(Task{"publish", "_", 0}, End{Outcome: Skipped})
	s.Close()
	s.expect(t, "at the end", `
✓ load                                                                     1.5s
↻ train[1] attempt 1 failed (exit code 1), again in 30s
✗ train[1] failed: exit code 1
✗ train    4 tasks, 1 failed                                               1.0s
- publish  skipped`)
}

func TestTerminalLoopIsShownOnce(t *testing.T) {
	s := newStage(80, Step{"improve", "refine"}, Step{"check", "refine"})
	for i, path := range []string{"0", "1", "2"} {
		for _, name := range []string{"improve", "check"} {
			s.Known("improve", i+1)
			s.Known("check", i+1)
			task := Task{name, path, 1}
			s.Start(task)
			s.wait(time.Second)
			s.draw(true)
			s.End(task, End{Outcome: Done})
			s.draw(true) // a frame between the end and what it led to
			if name == "check" && i < 2 {
				s.Known("improve", i+2)
				s.Known("check", i+2)
			}
			s.draw(true)
		}
	}
	s.Close()
	s.expect(t, "at the end", `
✓ improve  3 tasks                                                         5.0s
✓ check    3 tasks                                                         5.0s`)
}

func TestTerminalFollowsResize(t *testing.T) {
	s := newStage(100, Step{"a_rather_long_name_of_a_step", "g"}, Step{"b", "g"})
	s.Known("a_rather_long_name_of_a_step", 9)
	s.Start(Task{"a_rather_long_name_of_a_step", "0", 1})
	s.Start(Task{"b", "0", 1})
	s.draw(true)
	s.resize(40)
	s.draw(true)
	s.expect(t, "on a narrow terminal", `
⠙ a_rather_lon…  0/9, 1 running    0.0s
⠙ b              0/1, 1 running    0.0s
  0 tasks done, 2 running          0.0s`)
	s.resize(60)
	s.Close()
	s.expect(t, "closed", "")
}

func TestTerminalShowsNoMoreThanFits(t *testing.T) {
	var steps []Step
	for _, name := range strings.Split("abcdefghij", "") {
		steps = append(steps, Step{name, name})
	}
	s := newStage(60, steps...)
	s.tall = 8
	for _, step := range steps {
		s.Start(Task{step.Name, "_", 1})
	}
	s.draw(true)
	s.expect(t, "ten steps in eight rows", `
⠋ a                                                    0.0s
⠋ b                                                    0.0s
⠋ c                                                    0.0s
⠋ d                                                    0.0s
  and 6 steps more
  0 tasks done, 10 running                             0.0s`)
}

func TestTerminalIsNotControlledByTasks(t *testing.T) {
	s := newStage(60, Step{"a", "a"})
	task := Task{"a", "_", 1}
	s.Start(task)
	s.Log(task, "\x1b[2J\x1b]0;title\x07gone\r")
	s.End(task, End{Outcome: Failed, Why: "\x1b[31mred\nand more"})
	s.Close()
	if s.bad != nil {
		t.Errorf("the view wrote %q", s.bad)
	}
}

func TestLines(t *testing.T) {
	var out strings.Builder
	clock := time.Unix(1e9, 0)
	v := newLines(&out, []Step{{"load", "load"}, {"train", "train"}}, func() time.Time { return clock })
	v.Known("load", 1)
	v.Start(Task{"load", "_", 1})
	clock = clock.Add(31 * time.Second)
	v.report()
	v.Log(Task{"load", "_", 1}, "read 3 rows")
	v.Known("train", 2)
	v.End(Task{"load", "_", 1}, End{Outcome: Done})
	v.Start(Task{"train", "0", 1})
	v.Start(Task{"train", "1", 1})
	v.Retry(Task{"train", "1", 1}, "exit code 2", 0)
	v.report()
	v.Start(Task{"train", "1", 2})
	v.End(Task{"train", "1", 2}, End{Outcome: Caught, Why: "exit code 2"})
	v.End(Task{"train", "0", 1}, End{Outcome: Stopped})
	v.Close()
	v.Say("late")
	want := `… load, since 31s
load | read 3 rows
✓ load (31s)
↻ train[1] attempt 1 failed (exit code 2), again at once
… train: 0/2, 1 running, since 0.0s
! train[1] failed, and is caught: exit code 2
■ train: 2 tasks, 1 failed and caught, 1 stopped (0.0s)
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                                       "0.0s",
		-time.Second:                            "0.0s",
		9949 * time.Millisecond:                 "9.9s",
		9960 * time.Millisecond:                 "10s",
		59400 * time.Millisecond:                "59s",
		59600 * time.Millisecond:                "1m00s",
		125 * time.Second:                       "2m05s",
		3599*time.Second + 600*time.Millisecond: "1h00m",
		62 * time.Minute:                        "1h02m",
		26 * time.Hour:                          "26h00m",
	} {
		if got := short(d); got != want {
			t.Errorf("short(%v) = %s, want %s", d, got, want)
		}
	}
}
