package runtime

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/expr"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/mem"
)

// Two or three attempts of one task run at once, on several machines as it
// were. Every request to the store waits until the schedule lets it go on; the
// schedule is drawn, and may also let an attempt die before or after any
// request, or lose the reply to a write. Commands give other outputs, or fail,
// in each attempt. Whatever happens, nothing may mix: all that anybody can see
// is derived from the one record that won.
func TestAttemptsRace(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := raceCase{
			kind:     rapid.SampledFrom([]string{"plain", "scope", "catch", "loop"}).Draw(rt, "kind"),
			attempts: rapid.IntRange(2, 3).Draw(rt, "attempts"),
			budget:   rapid.IntRange(1, 3).Draw(rt, "budget"),
			schedule: rapid.SliceOfN(rapid.IntRange(0, 59), 0, 120).Draw(rt, "schedule"),
			reader:   rapid.Bool().Draw(rt, "reader"),
		}
		for range c.attempts {
			c.commands = append(c.commands, rapid.IntRange(0, 300).Draw(rt, "items"))
			c.hints = append(c.hints, rapid.IntRange(0, 2).Draw(rt, "hint"))
		}
		var problem string
		synctest.Test(t, func(t *testing.T) { problem = c.run(t) })
		if problem != "" {
			rt.Fatal(problem)
		}
	})
}

type raceCase struct {
	kind     string
	attempts int
	budget   int
	schedule []int // attempt, and what happens to its request
	commands []int // number of items that the command of each attempt finds; above 200 it fails
	hints    []int
	reader   bool // the last of them is no attempt, but a reader that would like to seal the task
}

// failsFrom is the number of items from which a command fails instead.
const failsFrom = 200

// plan is a step whose output says how many items and which case there are.
func (c raceCase) plan(t *testing.T) testPlan {
	s := &contract.Step{Step: "s", Script: &contract.Script{}, Outputs: []contract.Output{out("xs", "list<int>"), out("who", "string")},
		Retry: &contract.Retry{Attempts: c.budget}}
	listType := "list<int>"
	if c.kind == "catch" {
		s.Catch, listType = true, "list<int>?"
	}
	list := contract.Expr{Type: "list<int>", Code: code(t, expr.New(expr.OpElse, expr.Ref(0), expr.New(expr.OpList))),
		Refs: []contract.Ref{{Step: "s", Port: "xs", Type: listType}}}
	s.Steps = map[string]contract.StepPlace{"s": {Catch: s.Catch}}
	s.Decides = []contract.Decision{{Node: "fe", Kind: contract.DecideCount, Over: []contract.Over{{Expr: list, Item: "int"}}}}
	switch c.kind {
	case "scope":
		s.Scopes = []contract.Scope{{Node: "gr"}}
	case "loop":
		s.Levels = []string{"lo"}
		s.Steps["s"] = contract.StepPlace{Depth: 1}
		s.Decides = append(s.Decides, contract.Decision{Node: "lo", Kind: contract.DecideAgain, Max: 5, Expr: ptr(constant(t, "bool", "true"))})
	}
	return plan(s)
}

func (c raceCase) task() Task {
	if c.kind == "loop" {
		return Task{Step: "s", Path: record.Path{3}}
	}
	return root("s")
}

// run returns what went wrong.
func (c raceCase) run(t *testing.T) string {
	inner := mem.New("race")
	sched := &scheduler{inner: inner, waiting: map[int][]*gated{}, dead: map[int]bool{}}
	p := c.plan(t)
	problems := make(chan string, 100)
	running := 0
	ended := make(chan int, c.attempts)
	for id := range c.attempts {
		cfg := c.config(p, &gatedStore{inner, sched, id}, id)
		running++
		go func() {
			task := c.task()
			task.Attempt = c.hints[id]
			done := false
			if c.reader && id == c.attempts-1 {
				done, _ = cfg.sealOther(context.Background(), "s", task.Path)
			} else {
				done = Run(context.Background(), cfg, task).Exit == contract.ExitDone
			}
			// What the orchestrator sees from now on, before anybody else moves.
			if done {
				if err := c.check(inner, true); err != "" {
					problems <- fmt.Sprintf("attempt %d ended well, but %s", id, err)
				}
			}
			ended <- id
		}()
	}
	next, idle := 0, 0
	for running > 0 {
		synctest.Wait()
		select {
		case problem := <-problems:
			sched.killAll()
			return problem
		case <-ended:
			running--
			continue
		default:
		}
		if err := c.check(inner, false); err != "" {
			sched.killAll()
			return err
		}
		choice := 0
		if next < len(c.schedule) {
			choice = c.schedule[next]
		}
		next++
		if sched.step(choice) {
			idle = 0
			continue
		}
		time.Sleep(time.Second) // nobody waits for the store, but maybe for the clock, which is not a real one
		if idle++; idle > 100 {
			return "the attempts hang"
		}
	}
	// The orchestrator tries again until it is told an end.
	for try := 0; ; try++ {
		o := Run(context.Background(), c.config(p, inner, 0), c.task())
		if o.Exit == contract.ExitDone {
			break
		}
		if o.Exit == contract.ExitFinal || try > 5 && c.commands[0] >= failsFrom {
			return "" // it failed, without a result
		}
		if try > 10 {
			return fmt.Sprintf("the task never ends: %+v", o)
		}
	}
	return c.check(inner, true)
}

func (c raceCase) config(p testPlan, s store.Store, id int) *Config {
	return &Config{Store: s, Plan: p, Flow: "f", Run: "r1", TokenObjects: true, instead: func([]input) (map[string]record.Value, *failure) {
		n := c.commands[id]
		if n >= failsFrom {
			return nil, &failure{TaskError: record.TaskError{Kind: kindError, Message: fmt.Sprint("by ", id)}}
		}
		xs := make([]int, n)
		for i := range xs {
			xs[i] = 1000*id + 2*i // steps of two: no range
		}
		list, _ := json.Marshal(xs)
		return map[string]record.Value{
			"xs":  {Type: "list<int>", Value: list},
			"who": {Type: "string", Value: record.Raw(strconv.Quote(fmt.Sprint(id)))},
		}, nil
	}}
}

// check looks at the store as a reader would. If the task is said to be done,
// everything must be there; in any case nothing may contradict the result.
func (c raceCase) check(s store.Store, done bool) string {
	ctx := context.Background()
	keys := record.Keys{Flow: "f", Run: "r1"}
	path := c.task().Path
	res, err := store.GetJSON[record.Result](ctx, s, keys.Result("s", path))
	if errors.Is(err, store.ErrNotFound) {
		for info := range s.List(ctx, "runs/", store.ListOptions{}) {
			rest := strings.TrimPrefix(info.Key, "runs/f/r1/")
			if kind, _, _ := strings.Cut(rest, "/"); kind != "attempts" && kind != "fails" {
				return "there is no result, but " + rest
			}
		}
		if done {
			return "there is no result"
		}
		return ""
	}
	if err != nil {
		return err.Error()
	}
	count, items := 0, []int(nil)
	if res.Status == record.OK {
		var who string
		json.Unmarshal(res.Outputs["who"].Value, &who)
		json.Unmarshal(res.Outputs["xs"].Value, &items)
		id, _ := strconv.Atoi(who)
		if count = c.commands[id]; len(items) != count || count > 0 && items[0] != 1000*id {
			return fmt.Sprintf("the outputs of attempts are mixed: %s has %d items", who, len(items))
		}
	}
	fe := res.Control["fe"]
	if fe.Count == nil || *fe.Count != count {
		return fmt.Sprintf("the result has %d items and decides %+v", count, fe)
	}
	if problem := c.checkPages(s, keys.Items, path, fe, items, done); problem != "" {
		return problem
	}
	t := token(fe, []contract.Decision{{Node: "fe", Kind: contract.DecideCount}}, "fe")
	if problem := same(s, keys.Token("fe", path), t, done); problem != "" {
		return problem
	}
	if c.kind == "loop" {
		if problem := same(s, keys.Ends("lo", record.Path{}), record.Ends{V: 1, Iterations: 4}, done); problem != "" {
			return problem
		}
	}
	if c.kind == "scope" && res.Status == record.Caught {
		e := *res.Error
		e.Step, e.Path = "s", path.String()
		return same(s, keys.Scope("gr", record.Path{}), record.Scope{V: 1, Error: e}, done)
	}
	if _, err := s.Stat(ctx, keys.Scope("gr", record.Path{})); err == nil {
		return "a scope is marked, but nothing failed in it"
	}
	return ""
}

func (c raceCase) checkPages(s store.Store, key func(string, record.Path, int, int) string, path record.Path, fe record.Control, items []int, done bool) string {
	paged := len(items) > record.PageSize
	if len(fe.Items) > 0 && fe.Items[0].Pages != paged {
		return "long lists are paged, short ones are not"
	}
	for page := range 3 {
		from, to := page*record.PageSize, min((page+1)*record.PageSize, len(items))
		want := record.ItemPage{V: 1}
		for i := from; i < to; i++ {
			want.Items = append(want.Items, record.Raw(strconv.Itoa(items[i])))
		}
		k := key("fe", path, 0, page)
		if !paged || from >= to {
			if _, err := s.Stat(context.Background(), k); err == nil {
				return "there is a page of items too many: " + k
			}
			continue
		}
		if problem := same(s, k, want, done); problem != "" {
			return problem
		}
	}
	return ""
}

// same compares a derived object with what it must be, if it is there.
func same(s store.Store, key string, want any, done bool) string {
	data, err := store.ReadAll(context.Background(), s, key, 1<<20)
	if errors.Is(err, store.ErrNotFound) {
		if done {
			return "there is no " + key
		}
		return ""
	}
	text, _ := json.Marshal(want)
	var a, b any
	json.Unmarshal(data, &a)
	json.Unmarshal(text, &b)
	if err != nil || !reflect.DeepEqual(a, b) {
		return fmt.Sprintf("%s is %s, the result says %s", key, bytes.TrimSpace(data), text)
	}
	return ""
}

// scheduler lets one request at a time go on.
type scheduler struct {
	inner   store.Store
	waiting map[int][]*gated // by attempt; several where it works in parallel
	dead    map[int]bool
	mu      sync.Mutex
}

// gated is a request that waits.
type gated struct {
	write bool
	go_   chan fate
}

type fate int

const (
	proceed  fate = iota
	dieFirst      // the process dies before the request
	dieAfter      // and after its effect
	lose          // the request has its effect, the reply is lost
)

var errDied = errors.New("the machine of this attempt has died")

// step lets one request go on, or not. It reports whether there was one.
func (s *scheduler) step(choice int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []int
	for id, list := range s.waiting {
		if len(list) > 0 {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return false
	}
	sort.Ints(ids)
	id := ids[choice%len(ids)]
	list := s.waiting[id]
	r := list[0]
	s.waiting[id] = list[1:]
	f := proceed
	switch choice / 3 {
	case 17:
		f = dieFirst
	case 18:
		f = dieAfter
	case 19:
		if r.write {
			f = lose
		}
	}
	if s.dead[id] {
		f = dieFirst
	}
	if f == dieFirst || f == dieAfter {
		s.dead[id] = true
	}
	r.go_ <- f
	return true
}

func (s *scheduler) killAll() {
	for id := range s.waiting {
		s.dead[id] = true
	}
	for {
		synctest.Wait()
		if !s.step(0) {
			return
		}
	}
}

// gatedStore is the store as one attempt sees it.
type gatedStore struct {
	store.Store
	sched *scheduler
	id    int
}

// ask waits for the scheduler.
func (g *gatedStore) ask(write bool) fate {
	r := &gated{write: write, go_: make(chan fate)}
	g.sched.mu.Lock()
	g.sched.waiting[g.id] = append(g.sched.waiting[g.id], r)
	g.sched.mu.Unlock()
	return <-r.go_
}

func (g *gatedStore) Put(ctx context.Context, key string, body io.ReadSeeker) error {
	f := g.ask(true)
	if f == dieFirst {
		return errDied
	}
	err := g.Store.Put(ctx, key, body)
	switch f {
	case dieAfter:
		return errDied
	case lose: // as clients do that repeat a request without a reply
		if err == nil {
			return fmt.Errorf("%w: %s", store.ErrExists, key)
		}
	}
	return err
}

func (g *gatedStore) Get(ctx context.Context, key string, off, n int64) (io.ReadCloser, error) {
	if f := g.ask(false); f != proceed {
		return nil, errDied
	}
	return g.Store.Get(ctx, key, off, n)
}

func (g *gatedStore) Stat(ctx context.Context, key string) (store.Info, error) {
	if f := g.ask(false); f != proceed {
		return store.Info{}, errDied
	}
	return g.Store.Stat(ctx, key)
}
