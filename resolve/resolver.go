// Package resolve finds values from addresses. A task of a run is a step and an
// index path, so that every party computes where a value lies from nothing but
// the tables of its contract, its own path, and the control records that stand
// in the results of deciding tasks. There is no listing and no database.
//
// A step's value is in its result. A foreach's value is the list of its items'
// exports, in item order; a switch's is that of the case that was taken; a
// loop's that of the last iteration. A closed gate gives nil, for blocks too,
// and so does a failed catch scope.
//
// The runtime, the engine and the read model of runs share this package.
package resolve

import (
	"context"
	"fmt"
	"sync"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/expr"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/types"
)

// Options say whose values a Resolver finds, and how.
type Options struct {
	Store store.Store
	Keys  record.Keys // the reader's run

	// Run is the run's record, Reuse what it takes over from others. Either is
	// read from the store when it is first needed and nil here.
	Run   *record.Run
	Reuse *Reuse

	// Parallel is how many objects are read at once; 0 is 32.
	Parallel int

	// Seal, if set, is called for a task of a step with a catch of its own that
	// has no result although its reader runs. It writes the result that says so
	// if the task can't come back, and reports whether it did.
	Seal func(ctx context.Context, step string, path record.Path) (bool, error)

	// WritePages makes a wide gather write the summaries that it would have
	// liked to find, for the next reader.
	WritePages bool
}

// Resolver reads values of one run. It reads no object twice. It is safe for
// concurrent use; since it remembers what it has read, it is made for one task
// or one look at a run, and then dropped.
type Resolver struct {
	opt      Options
	slots    chan struct{}      // one for each request under way
	results  memo[task, *found] // values only, never waited for: they depend on each other
	reads    memo[string, *record.Result]
	pages    memo[string, *record.ItemPage]
	marks    memo[string, *record.Scope]
	ends     memo[task, int]
	carried  memo[carriedAt, any] // likewise
	large    memo[string, any]
	params   memo[string, any]
	programs sync.Map // *contract.Expr or exportOf -> *program
	run      memo[struct{}, *record.Run]
	reuse    memo[struct{}, *Reuse]
}

// task names a task for the memo.
type task struct{ step, path string }

// New makes a Resolver.
func New(opt Options) *Resolver {
	if opt.Parallel <= 0 {
		opt.Parallel = 32
	}
	return &Resolver{opt: opt, slots: make(chan struct{}, opt.Parallel)}
}

// Value returns the value of an expression as its type has it in memory, for a
// reader at path. It is nil where the value is absent.
func (r *Resolver) Value(ctx context.Context, e *contract.Expr, tables *contract.Tables, path record.Path) (any, error) {
	p, err := r.compile(e, e)
	if err != nil {
		return nil, err
	}
	return r.eval(ctx, p, at{tables: tables, path: path})
}

// Control returns what was decided about a node, for a reader at path.
func (r *Resolver) Control(ctx context.Context, c *contract.Control, node string, tables *contract.Tables, path record.Path) (*record.Control, error) {
	d, err := r.control(ctx, c, node, at{tables: tables, path: path})
	if err != nil {
		return nil, err
	}
	return d.control, nil
}

// Open reports whether a gate is open, for a reader at path; a node without
// gate always is.
func (r *Resolver) Open(ctx context.Context, gate *contract.Control, node string, tables *contract.Tables, path record.Path) (bool, error) {
	return r.open(ctx, gate, node, at{tables: tables, path: path})
}

// Result returns the result of a task, taken over from another run where this
// run does so, and the run that it stands in. It is nil if the task's gate is
// closed by another task, and a [*NotFinishedError] if there is none.
func (r *Resolver) Result(ctx context.Context, step string, tables *contract.Tables, path record.Path) (*record.Result, string, error) {
	f, err := r.result(ctx, step, at{tables: tables, path: path})
	if err != nil {
		return nil, "", err
	}
	return f.result, f.run, nil
}

// Iterations returns how many iterations a loop had that has ended.
func (r *Resolver) Iterations(ctx context.Context, loop string, tables *contract.Tables, path record.Path) (int, error) {
	place, here, err := r.place(loop, at{tables: tables, path: path})
	if err != nil {
		return 0, err
	}
	return r.iterations(ctx, loop, place, here)
}

// Scope returns the mark of a catch scope that has failed, or nil.
func (r *Resolver) Scope(ctx context.Context, node string, path record.Path) (*record.Scope, error) {
	return r.scope(ctx, node, path)
}

// Overlay makes the Resolver take res for the result of a task, without
// looking into the store. A task decides by its own outputs this way before
// anybody else can see them.
func (r *Resolver) Overlay(step string, path record.Path, res *record.Result) {
	r.results.set(task{step, path.String()}, &found{result: res, run: r.opt.Keys.Run})
}

// maxDepth bounds how far references lead through blocks and carried values.
// Flows nest eight blocks deep; only a damaged contract gets near.
const maxDepth = 500

// at is where an expression is evaluated: the reader's tables and path.
type at struct {
	tables *contract.Tables
	path   record.Path
	depth  int // of references that led here
}

// in is the same reader at another path, one reference further.
func (a at) in(path record.Path) at { return at{a.tables, path, a.depth + 1} }

// program is a decoded expression.
type program struct {
	code expr.Code
	refs []contract.Ref
	want []types.Type // of refs
	typ  types.Type
}

// compile decodes an expression once; key tells it from others.
func (r *Resolver) compile(e *contract.Expr, key any) (*program, error) {
	if p, ok := r.programs.Load(key); ok {
		return p.(*program), nil
	}
	p := &program{refs: e.Refs, want: make([]types.Type, len(e.Refs))}
	if len(e.Code) == 0 && len(e.Refs) == 1 {
		p.code = expr.Ref(0)
	} else if err := p.code.UnmarshalJSON(e.Code); err != nil {
		return nil, fmt.Errorf("the contract holds a damaged expression: %w", err)
	}
	var err error
	if p.typ, err = types.Decode(e.Type); err != nil {
		return nil, fmt.Errorf("the contract holds a damaged type: %w", err)
	}
	for i, ref := range e.Refs {
		if p.want[i], err = types.Decode(ref.Type); err != nil {
			return nil, fmt.Errorf("the contract holds a damaged type: %w", err)
		}
	}
	r.programs.Store(key, p)
	return p, nil
}

// eval evaluates a program for a reader.
func (r *Resolver) eval(ctx context.Context, p *program, a at) (any, error) {
	if a.depth > maxDepth {
		return nil, fmt.Errorf("the contract's references go round in circles")
	}
	var v any
	var err error
	if i, bare := p.code.Ref(); bare && i < len(p.refs) {
		v, err = r.ref(ctx, p, i, a) // most exports are just that
	} else {
		v, err = expr.Eval(p.code, func(i int) (any, error) {
			if i < 0 || i >= len(p.refs) {
				return nil, fmt.Errorf("the contract's expression has no reference %d", i)
			}
			return r.ref(ctx, p, i, a)
		})
	}
	if err != nil {
		return nil, err
	}
	return types.Widen(nil, p.typ, v), nil
}

// ref reads reference i of a program.
func (r *Resolver) ref(ctx context.Context, p *program, i int, a at) (any, error) {
	ref := &p.refs[i]
	var v any
	var err error
	switch {
	case ref.Param != "":
		v, err = r.param(ctx, ref.Param)
	case ref.Step != "":
		v, err = r.stepPort(ctx, ref.Step, ref.Port, a)
	case ref.Block != "":
		v, err = r.blockPort(ctx, ref.Block, ref.Port, a)
	case ref.Item != "":
		v, err = r.item(ctx, ref.Item, ref.Var, a)
	case ref.Index != "":
		v, err = r.index(ref.Index, a)
	case ref.Carry != "":
		v, err = r.carry(ctx, ref.Carry, ref.Port, a)
	default:
		err = fmt.Errorf("the contract holds a reference to nothing")
	}
	if err != nil {
		return nil, err
	}
	return types.Widen(nil, p.want[i], v), nil
}

// place looks a block up and cuts the reader's path to the block's own.
func (r *Resolver) place(block string, a at) (contract.BlockPlace, at, error) {
	place, ok := a.tables.Blocks[block]
	if !ok {
		return place, a, fmt.Errorf("the contract does not say how to find block %s", block)
	}
	if place.Depth < 0 || len(a.path) < place.Depth {
		return place, a, fmt.Errorf("the contract looks for block %s at depth %d, from the index path %s", block, place.Depth, a.path)
	}
	return place, a.in(a.path.Prefix(place.Depth)), nil
}

// index returns the reader's index in a foreach or loop.
func (r *Resolver) index(block string, a at) (any, error) {
	place, _, err := r.place(block, a)
	if err != nil {
		return nil, err
	}
	if len(a.path) <= place.Depth {
		return nil, fmt.Errorf("the contract asks for the index in %s, which the index path %s does not have", block, a.path)
	}
	return int64(a.path[place.Depth]), nil
}
