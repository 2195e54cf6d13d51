package runs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/expr"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/resolve"
	"github.com/flowc-dev/flowc/types"
)

// Value is an artifact with its value in memory: nil where it is absent, a
// types.Blob where it is a file, dir or artifact (see package types).
type Value struct {
	Name  string // for people: STEP[3.0]/ARTIFACT
	Type  types.Type
	Value any
}

// JSON is the value as canonical JSON; a file is {"blob", "ext", "size"}.
func (v *Value) JSON() (json.RawMessage, error) { return types.MarshalValue(types.Any, v.Value) }

// Blob returns what a file, dir or artifact refers to.
func (v *Value) Blob() (types.Blob, bool) {
	b, ok := v.Value.(types.Blob)
	return b, ok
}

// Get returns the value that an address names: an artifact of a task, the
// gathered artifacts of a step in a foreach, what a block exports, or, with two
// parts, what the flow exports.
func (r *Reader) Get(ctx context.Context, id ID, a Address) (*Value, error) {
	rec, err := r.record(ctx, id)
	if err != nil {
		return nil, err
	}
	plan, err := r.plan(ctx, rec.Plan)
	if err != nil {
		return nil, err
	}
	l := &look{r: r, id: id, rec: &rec, plan: plan,
		resolver: resolve.New(resolve.Options{Store: r.store, Keys: id.keys(), Run: &rec, Parallel: parallel})}
	v, err := l.get(ctx, a)
	var unfinished *resolve.NotFinishedError
	if errors.As(err, &unfinished) {
		return nil, l.unfinished(ctx, unfinished)
	}
	return v, err
}

// Exports returns what the flow as a whole exports, in the order of the flow.
func (r *Reader) Exports(ctx context.Context, id ID) ([]string, error) {
	rec, err := r.record(ctx, id)
	if err != nil {
		return nil, err
	}
	plan, err := r.plan(ctx, rec.Plan)
	if err != nil {
		return nil, err
	}
	return exportNames(plan), nil
}

func exportNames(p *Plan) []string {
	names := make([]string, len(p.Flow.Exports))
	for i, x := range p.Flow.Exports {
		names[i] = x.Name
	}
	return names
}

// look is one look into a run.
type look struct {
	r        *Reader
	id       ID
	rec      *record.Run
	plan     *Plan
	resolver *resolve.Resolver
}

func (l *look) get(ctx context.Context, a Address) (*Value, error) {
	switch {
	case a.Step == "":
		return nil, fmt.Errorf("%s is a whole run; name an artifact: RUN/STEP/ARTIFACT%s", a, l.exportHint())
	case a.Unit != "":
		return nil, fmt.Errorf("%s is a container of a batch; name an artifact of one of its items", a)
	case a.Artifact == "" && a.Path == nil:
		return l.export(ctx, a)
	case a.Artifact == "":
		names, err := l.outputs(ctx, a.Step)
		if err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%s is a task; name one of its artifacts: %s/ARTIFACT%s", a, a, listed(names))
	}
	pl, ok := l.plan.nodes[a.Step]
	if !ok {
		return nil, unknown(fmt.Sprintf("flow %s has no step %s", l.id.Flow, a.Step), a.Step, l.plan.names())
	}
	path := a.Path
	if path == nil {
		path = record.Path{}
	}
	name := strings.TrimPrefix(a.String(), l.runPrefix(a))
	switch {
	case pl.block != nil && len(path) == pl.depth && (pl.step == nil || pl.depth != pl.taskPath):
		v, err := l.port(ctx, a.Step, a.Artifact, pl, path)
		if err != nil {
			return nil, err
		}
		t, err := l.portType(ctx, a.Step, a.Artifact, pl)
		return &Value{name, t, v}, err
	case pl.step != nil && len(path) == pl.taskPath:
		v, err := l.output(ctx, a.Step, a.Artifact, path)
		if err != nil {
			return nil, err
		}
		t, err := l.outputType(ctx, a.Step, a.Artifact)
		return &Value{name, t, v}, err
	}
	return nil, l.wrongDepth(a, pl)
}

func (l *look) runPrefix(a Address) string {
	return Address{Flow: a.Flow, Run: a.Run}.String() + "/"
}

// wrongDepth says how many indices an address should have.
func (l *look) wrongDepth(a Address, pl place) error {
	depth := pl.depth
	if a.Path != nil && pl.step != nil {
		depth = pl.taskPath
	}
	if depth == 0 {
		return missing("%s stands in no foreach or loop: leave out the index, %s", a.Step,
			Address{Flow: a.Flow, Run: a.Run, Step: a.Step, Artifact: a.Artifact})
	}
	example := Address{Flow: a.Flow, Run: a.Run, Step: a.Step, Path: make(record.Path, depth), Artifact: a.Artifact}
	return missing("%s is there once for each index of what is around it: name %d of them, for example %s",
		a.Step, depth, example)
}

func (l *look) exportHint() string {
	if names := exportNames(l.plan); len(names) > 0 {
		return ", or what the flow exports: RUN/" + names[0]
	}
	return ""
}

// export is an export of the flow.
func (l *look) export(ctx context.Context, a Address) (*Value, error) {
	for _, x := range l.plan.Flow.Exports {
		if x.Name == a.Step {
			v, err := l.resolver.Value(ctx, &x.Expr, &l.plan.Flow.Tables, record.Path{})
			if err != nil {
				return nil, err
			}
			t, err := types.Decode(x.Expr.Type)
			return &Value{x.Name, t, v}, err
		}
	}
	if _, ok := l.plan.nodes[a.Step]; ok {
		names, err := l.outputs(ctx, a.Step)
		if err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%s is a step; name one of its artifacts: %s/ARTIFACT%s", a, a, listed(names))
	}
	return nil, unknown(fmt.Sprintf("flow %s has no step and no export %s", l.id.Flow, a.Step), a.Step,
		append(exportNames(l.plan), l.plan.names()...))
}

// output is an artifact of one task.
func (l *look) output(ctx context.Context, step, name string, path record.Path) (any, error) {
	tables := l.tables()
	res, _, err := l.resolver.Result(ctx, step, tables, path)
	if err != nil {
		return nil, err
	}
	c, err := l.r.contract(ctx, l.plan, step)
	if err != nil {
		return nil, err
	}
	if err := checkOutput(c, name); err != nil {
		return nil, err
	}
	if res == nil {
		return nil, nil // its gate was closed
	}
	if name == "error" && c.Catch {
		return taskError(res.Error), nil
	}
	v, ok := res.Outputs[name]
	if !ok || res.Status != record.OK {
		return nil, nil
	}
	return l.resolver.Decode(ctx, v)
}

// checkOutput says whether a step has an output of that name.
func checkOutput(c *contract.Step, name string) error {
	names := outputNames(c)
	if slices.Contains(names, name) {
		return nil
	}
	if len(names) == 0 {
		return missing("step %s has no outputs", c.Step)
	}
	return unknown(fmt.Sprintf("step %s has no output %s", c.Step, name), name, names)
}

func outputNames(c *contract.Step) []string {
	var names []string
	for _, o := range c.Outputs {
		names = append(names, o.Name)
	}
	if c.Catch {
		names = append(names, "error")
	}
	return names
}

func taskError(e *record.TaskError) any {
	if e == nil {
		return nil
	}
	v := map[string]any{"kind": e.Kind, "message": e.Message, "exit_code": nil}
	if e.ExitCode != nil {
		v["exit_code"] = int64(*e.ExitCode)
	}
	return v
}

// outputs lists the artifacts of a step, or the ports of a block.
func (l *look) outputs(ctx context.Context, node string) ([]string, error) {
	pl, ok := l.plan.nodes[node]
	if !ok {
		return nil, unknown(fmt.Sprintf("flow %s has no step %s", l.id.Flow, node), node, l.plan.names())
	}
	if pl.step != nil {
		c, err := l.r.contract(ctx, l.plan, node)
		if err != nil {
			return nil, err
		}
		return outputNames(c), nil
	}
	return ports(l.plan.Flow.Blocks[node]), nil
}

func ports(b contract.BlockPlace) []string {
	names := map[string]bool{}
	for name := range b.Exports {
		names[name] = true
	}
	for _, c := range b.Cases {
		for name := range c.Exports {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// port is what a block hands out.
func (l *look) port(ctx context.Context, block, name string, pl place, path record.Path) (any, error) {
	tables := l.tables()
	typ := types.Encode(types.Any)
	if pl.step != nil { // a foreach over one step hands out all that the step leaves
		c, err := l.r.contract(ctx, l.plan, block)
		if err != nil {
			return nil, err
		}
		if err := checkOutput(c, name); err != nil {
			return nil, err
		}
		place := tables.Blocks[block]
		place.Exports = map[string]contract.Expr{name: bare(contract.Ref{Step: block, Port: name, Type: typ})}
		tables.Blocks[block] = place
	} else if names := ports(tables.Blocks[block]); !slices.Contains(names, name) && (name != "error" || !pl.block.Catch) {
		if len(names) == 0 {
			return nil, missing("%s %s exports nothing", pl.block.Kind, block)
		}
		return nil, unknown(fmt.Sprintf("%s %s exports no %s", pl.block.Kind, block, name), name, names)
	}
	e := bare(contract.Ref{Block: block, Port: name, Type: typ})
	return l.resolver.Value(ctx, &e, tables, path)
}

// bare is an expression that is nothing but a reference.
func bare(ref contract.Ref) contract.Expr {
	code, err := expr.Ref(0).MarshalJSON()
	if err != nil {
		panic("runs: " + err.Error()) // not possible
	}
	return contract.Expr{Code: code, Refs: []contract.Ref{ref}, Type: ref.Type}
}

// tables says of every node of the flow how to find it. What blocks export
// stands in the flow's own tables.
func (l *look) tables() *contract.Tables {
	t := &contract.Tables{Steps: map[string]contract.StepPlace{}, Blocks: map[string]contract.BlockPlace{}}
	for name, pl := range l.plan.nodes {
		if s := pl.step; s != nil {
			place := contract.StepPlace{Depth: pl.taskPath, Catch: s.Catch, Batch: pl.batch}
			if s.Gate != nil && s.Gate.By != contract.BySelf {
				place.Gate = s.Gate
			}
			t.Steps[name] = place
		}
		if b := pl.block; b != nil {
			place, ok := l.plan.Flow.Blocks[name]
			if !ok {
				place = contract.BlockPlace{Kind: b.Kind, Depth: pl.depth, Batch: b.Batch}
				for _, c := range b.Cases {
					place.Cases = append(place.Cases, contract.CasePlace{Label: c.Label, Else: c.Else})
				}
			}
			place.Gate, place.Control = b.Gate, b.Control
			place.Catch = b.Catch && pl.step == nil
			t.Blocks[name] = place
		}
	}
	for name, place := range l.plan.Flow.Steps {
		if _, ok := t.Steps[name]; !ok {
			t.Steps[name] = place // of a task that the compiler made
		}
	}
	return t
}

// unfinished says of a task without result what is known of it.
func (l *look) unfinished(ctx context.Context, e *resolve.NotFinishedError) error {
	name := e.Step
	if len(e.Path) > 0 {
		name += "[" + e.Path.String() + "]"
	}
	end, err := l.r.end(ctx, l.id)
	if err != nil {
		return err
	}
	unit := unitOf(e.Path, l.plan.batch(e.Step))
	fail, err := l.r.lastFail(ctx, l.id, e.Step, unit)
	if err != nil {
		return err
	}
	switch {
	case fail != nil:
		return missing("task %s of run %s has failed: %s", name, l.id.Run, fail.Message)
	case end != nil && end.Status == record.Succeeded:
		return missing("run %s has no task %s: nothing led to it, such as another case of a switch, or fewer items", l.id.Run, name)
	case end != nil:
		return missing("task %s of run %s was not run: the run %s before", name, l.id.Run, end.Status)
	}
	return missing("task %s of run %s has not finished yet", name, l.id.Run)
}

// json gives a value of a record as canonical JSON.
func (r *Reader) json(ctx context.Context, v record.Value) (json.RawMessage, error) {
	if v.Blob == "" {
		return v.Value, nil
	}
	value, err := resolve.New(resolve.Options{Store: r.store}).Decode(ctx, v)
	if err != nil {
		return nil, err
	}
	return types.MarshalValue(types.Any, value)
}
