package yaml

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
)

// form is what a node under `steps` is, told by the keys it has.
type form uint8

const (
	stepForm    form = iota // an action
	foreachStep             // an action for each item
	callForm                // another flow
	foreachCall             // another flow for each item
	foreachForm             // steps for each item
	switchForm
	loopForm
	groupForm // steps
)

func (f form) String() string {
	return [...]string{"a step", "a step", "a call of a flow", "a call of a flow", "a block", "a switch", "a loop", "a block"}[f]
}

func (f form) isStep() bool { return f == stepForm || f == foreachStep }
func (f form) isCall() bool { return f == callForm || f == foreachCall }

var (
	orderKeys   = []string{"doc", "when", "after", "catch"}
	actionKeys  = []string{"run", "python", "command"}
	foreachKeys = []string{"foreach", "combine", "index", "max", "max_parallel", "batch"}
	laterKeys   = []string{"approve", "nodes", "native"}

	nodeShape = &shape{
		what: "a step",
		keys: slices.Concat(orderKeys, actionKeys, []string{"uses", "inputs", "outputs"}, execKeys, foreachKeys,
			[]string{"steps", "export", "switch", "cases", "else", "loop"}),
		later: laterKeys,
		advice: map[string]string{
			"name":     "the name of a step is its key under `steps:`",
			"id":       "the name of a step is its key under `steps:`",
			"carry":    "put it inside `loop:`",
			"until":    "put it inside `loop:`",
			"at_max":   "put it inside `loop:`",
			"defaults": "there is one `defaults:`, on the flow",
			"params":   "params are those of the flow; what a step reads, or gives to a flow that it uses, are its `inputs:`",
			"case":     "the alternatives of a `switch:` stand under `cases:`",
			"default":  "the alternative for everything else stands under `else:`",
			"schedule": "put it on the flow",
			"types":    "put it on the flow",
		},
	}
)

// steps reads the steps of the flow or of a block.
func (d *decoder) steps(f field) []ast.Node {
	if f.present() && f.kind == listKind {
		d.errorf(diag.WrongKind, f.short(), "`steps` wants a mapping from names to steps, this is a list").
			Advise("write each step as `name:` with its keys below; their order means nothing")
		return nil
	}
	if f.present() && f.kind == mapKind && len(f.pairs) == 0 {
		d.errorf(diag.MissingValue, f.place(), "`steps` is empty").Advise("add at least one step")
		return nil
	}
	var out []ast.Node
	for _, e := range d.named(f, "step") {
		out = append(out, d.step(e))
	}
	return out
}

// step reads one step or block.
func (d *decoder) step(e named) ast.Node {
	outer := d.partial
	defer func() { d.partial = outer }()
	n := ast.Node{Name: e.name, Span: e.name.Span.To(e.value.span)}
	d.partial = &n.Partial

	if e.value.present() && e.value.empty() {
		d.errorf(diag.MissingKey, e.name.Span, "%s is empty", e.value.name).
			Advise("a step needs `run`, `python` or `command`, a block needs `steps`")
		return n
	}
	o, ok := d.object(e.value, nodeShape)
	if !ok {
		n.Partial = true
		return n
	}
	n.Keys = make(map[string]diag.Span, len(o.node.pairs))
	for _, p := range o.node.pairs {
		if _, ok := n.Keys[p.key.text.Value]; !ok {
			n.Keys[p.key.text.Value] = p.key.span
		}
	}
	d.unsupported(o, laterKeys)
	what, fits := d.form(o)
	d.misplaced(o, what)
	d.node(o, &n, what, fits)
	return n
}

// form says what kind of node o is. Keys that contradict it are reported and
// returned as not fitting.
func (d *decoder) form(o object) (what form, fits func(key string) bool) {
	dropped := map[string]bool{}
	exclude := func(kept, key, advice string) {
		dropped[key] = true
		d.errorf(diag.ConflictingKeys, o.get(key).key, "%s and %s can't stand on one node", code(kept), code(key)).
			See(o.get(kept).key, "the other one").Advise(advice)
	}
	// present lists those of keys that o has, in the order of the text.
	present := func(keys []string) []string {
		var out []string
		for _, p := range o.node.pairs {
			if k := p.key.text.Value; slices.Contains(keys, k) && !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
		return out
	}
	blocks := present([]string{"foreach", "switch", "loop"})
	for i := 1; i < len(blocks); i++ {
		exclude(blocks[0], blocks[i], fmt.Sprintf("put the %s inside: as a block of its own under the `steps:` of the other", blocks[i]))
	}
	actions := present(slices.Concat(actionKeys, []string{"uses", "approve"}))
	for i := 1; i < len(actions); i++ {
		exclude(actions[0], actions[i], "a step does one thing: make two steps of it")
	}
	bodied := present([]string{"steps"})
	kind := groupForm
	if len(blocks) > 0 {
		kind = map[string]form{"foreach": foreachForm, "switch": switchForm, "loop": loopForm}[blocks[0]]
	}
	switch {
	case kind == switchForm:
		for _, key := range slices.Concat(bodied, actions) {
			exclude("switch", key, "put it into one of the `cases:`")
		}
	case len(bodied) > 0:
		for _, key := range actions[:min(1, len(actions))] {
			exclude("steps", key, "put it into a step of its own under `steps:`")
		}
	case kind == loopForm:
		for _, key := range actions[:min(1, len(actions))] {
			exclude("loop", key, "put the step under `steps:` of the loop, so that it has a name inside")
		}
		if len(actions) == 0 && !o.unknown {
			d.errorf(diag.MissingKey, o.get("loop").key, "%s is a loop without `steps`", o.name).
				Advise("add `steps:` with what is done in each round")
		}
	case kind == foreachForm && len(actions) > 0 && actions[0] == "uses":
		kind = foreachCall
	case kind == foreachForm && len(actions) > 0:
		kind = foreachStep
	case kind == foreachForm:
		if len(present([]string{"inputs", "outputs"})) > 0 || o.unknown {
			kind = foreachStep
		}
		if len(present(laterKeys)) == 0 && !o.unknown {
			d.errorf(diag.MissingKey, o.get("foreach").key, "%s does nothing for its items", o.name).
				Advise("add `run`, `python` or `command`, or `steps:` for more than one step")
		}
	case len(actions) > 0 && actions[0] == "uses":
		kind = callForm
	case len(actions) > 0:
		kind = stepForm
	default:
		kind = stepForm
		if len(present([]string{"export", "cases", "else"})) > 0 {
			kind = groupForm
		}
		if len(present([]string{"cases", "else"})) > 0 {
			kind = switchForm
		}
		d.nothingToDo(o, kind)
	}
	return kind, func(key string) bool { return !dropped[key] }
}

func (d *decoder) nothingToDo(o object, kind form) {
	if o.unknown { // a mistyped `run`, perhaps
		return
	}
	switch kind {
	case switchForm:
		d.errorf(diag.MissingKey, o.at, "%s has cases but no `switch`", o.name).
			Advise("add `switch:` with the expression that chooses")
	case groupForm:
		d.errorf(diag.MissingKey, o.at, "%s is a block without `steps`", o.name).
			Advise("add `steps:`; what a step hands out is its `outputs:`")
	default:
		d.errorf(diag.MissingKey, o.at, "%s has nothing to do", o.name).
			Advise("add `run`, `python` or `command`; a block has `steps:`")
	}
}

// blockReason says why a block can't have what a step has, and what to do.
func blockReason(key string) (why, advice string) {
	onSteps := fmt.Sprintf("put %s on the steps inside, or under `defaults:`", code(key))
	switch key {
	case "retry":
		return "half of a block may be done already when it fails", onSteps
	case "timeout":
		return "no target can stop a block as a whole", "put `timeout` on the steps inside, or on the flow"
	case "cache":
		return "what is reused are results of steps", onSteps
	case "inputs":
		return "", "the steps inside name what they read; values of outer steps are visible to them"
	case "outputs":
		return "", "a block hands values of its steps out by `export:`"
	}
	return "a block runs nothing itself", onSteps
}

// callReason says why a call can't have what a step has, and what to do.
func callReason(key string) (why, advice string) {
	if key == "outputs" || key == "export" {
		return "", "what it hands out is the `export:` of the flow that it uses"
	}
	return "what runs are the steps of the flow that it uses", fmt.Sprintf("put %s on the steps there, or under `defaults:` there", code(key))
}

// misplaced reports keys that make no sense on a node of that form.
func (d *decoder) misplaced(o object, what form) {
	for _, p := range o.node.pairs {
		key := p.key.text.Value
		why, advice := "", ""
		switch {
		case what.isCall() && (slices.Contains(execKeys, key) || key == "outputs" || key == "export"):
			why, advice = callReason(key)
		case what.isCall() && key == "inputs":
		case slices.Contains(execKeys, key) || key == "inputs" || key == "outputs":
			if !what.isStep() {
				why, advice = blockReason(key)
			}
		case key == "export" && what.isStep():
			advice = "what a step hands out are its `outputs:`; only blocks have `export:`"
		case key == "export" && what == switchForm:
			advice = "each of the `cases:` has an `export:` of its own"
		case (key == "cases" || key == "else") && what != switchForm && !o.unknown:
			advice = "it belongs to `switch:`"
		case key == "max_parallel":
			switch {
			case o.unknown:
			case what == stepForm:
				advice = "a step without `foreach` is one task"
			case what == callForm:
				advice = "it counts the items of a `foreach`, which isn't there"
			}
		case (key == "index" || key == "max") && what == loopForm:
			advice = "put it inside `loop:`"
		case slices.Contains(foreachKeys, key) && key != "foreach" && what != foreachStep && what != foreachCall && what != foreachForm && !o.unknown:
			advice = "it belongs to `foreach:`, which isn't there"
		}
		if advice != "" {
			d.errorf(diag.MisplacedKey, p.key.span, "%s can't have %s", what, code(key)).Because(why).Advise(advice)
		}
	}
}

// node reads the keys that fit the form.
func (d *decoder) node(o object, n *ast.Node, what form, fits func(string) bool) {
	get := func(key string) field {
		if fits(key) {
			return o.get(key)
		}
		return field{name: label{word: key}}
	}
	n.Doc = d.text(o.get("doc"))
	n.When = d.expr(o.get("when"))
	n.After = d.names(o.get("after"))
	n.Catch = d.bool(o.get("catch"))
	if what != stepForm && what != callForm {
		n.MaxParallel = d.int(o.get("max_parallel"), 1)
	}
	if what == foreachStep || what == foreachCall || what == foreachForm {
		n.Foreach = d.foreach(o)
	}
	switch what {
	case switchForm:
		n.Switch = d.switchOf(o)
		return
	case loopForm:
		n.Loop = d.loop(get("loop"))
	}
	if what.isCall() {
		n.Uses = &ast.Uses{Path: d.text(get("uses"))}
		n.Inputs = d.inputs(o.get("inputs"))
		return
	}
	if what.isStep() {
		n.Action = d.action(get)
		n.Inputs = d.inputs(o.get("inputs"))
		n.Outputs = d.outputs(o.get("outputs"))
		n.Exec = d.exec(o)
		return
	}
	if f := get("steps"); f.present() {
		n.HasSteps = true
		n.Steps = d.steps(f)
	}
	n.Export = d.exports(o.get("export"))
}

// action reads what a step does.
func (d *decoder) action(get func(string) field) ast.Action {
	if f := get("run"); f.present() {
		if s := d.script(f); s.Span.Valid() {
			return &ast.Script{Text: s}
		}
		return nil
	}
	if f := get("python"); f.present() {
		return d.python(f)
	}
	return d.argv(get("command"))
}

// python reads FILE.py:FUNCTION.
func (d *decoder) python(f field) ast.Action {
	s := d.text(f)
	if !s.Span.Valid() {
		return nil
	}
	file, fn, ok := strings.Cut(s.Value, ":")
	if !ok || !strings.HasSuffix(file, ".py") || len(file) == len(".py") || !isIdentifier(fn) {
		e := d.errorf(diag.BadValue, s.Span, "`python` wants FILE.py:FUNCTION, not %s", code(s.Value))
		switch {
		case !ok && strings.HasSuffix(s.Value, ".py"):
			e.Advise("name the function too, like " + code(s.Value+":main") + ", or run the file: `run: python " + s.Value + "`")
		case strings.ContainsAny(s.Value, "(\n"):
			e.Advise("name a function in a file; its arguments are the step's `inputs`")
		}
		return nil
	}
	return &ast.Call{File: file, Func: fn, Span: s.Span}
}

func isIdentifier(s string) bool {
	for i := range len(s) {
		if !isWord(s[i]) || i == 0 && s[0] >= '0' && s[0] <= '9' {
			return false
		}
	}
	return s != ""
}

var argShape = &shape{what: "an argument", keys: []string{"input", "output"}}

// argv reads a program with its arguments.
func (d *decoder) argv(f field) ast.Action {
	if f.present() && f.kind == textKind {
		d.errorf(diag.WrongKind, f.span, "`command` wants a list: the program and its arguments").
			Advise("write `command: [program, argument]`, or `run:` for a line that a shell reads")
		return nil
	}
	if !d.is(f, listKind, "a list: the program and its arguments") {
		return nil
	}
	if len(f.items) == 0 {
		d.errorf(diag.MissingValue, f.place(), "`command` is empty").Advise("begin with the program")
		return nil
	}
	out := &ast.Argv{Span: f.place()}
	for _, n := range f.items {
		item := f.item(n)
		if n.kind == mapKind && !n.isTemplate() {
			if arg, ok := d.argRef(item); ok {
				out.Args = append(out.Args, arg)
			}
			continue
		}
		if s := d.asWritten(item); s.Span.Valid() {
			out.Args = append(out.Args, ast.Arg{Text: &s, Span: s.Span})
		}
	}
	return out
}

// argRef reads {input: NAME} or {output: NAME}.
func (d *decoder) argRef(f field) (ast.Arg, bool) {
	o, ok := d.object(f, argShape)
	if !ok {
		return ast.Arg{}, false
	}
	in, out := o.get("input"), o.get("output")
	arg := ast.Arg{Span: f.place()}
	switch {
	case in.present() && out.present():
		d.errorf(diag.ConflictingKeys, out.key, "an argument is an input or an output, not both").
			See(in.key, "the other one").Advise("make two arguments of it")
		return ast.Arg{}, false
	case in.present():
		name := d.name(in)
		arg.Input = &name
		return arg, name.Span.Valid()
	case out.present():
		name := d.name(out)
		arg.Output = &name
		return arg, name.Span.Valid()
	case len(o.node.pairs) == 0:
		d.errorf(diag.MissingKey, f.place(), "an argument in braces has `input` or `output`")
	}
	return ast.Arg{}, false
}

func (d *decoder) inputs(f field) []ast.Input {
	var out []ast.Input
	for _, b := range d.bindings(f, "input") {
		out = append(out, ast.Input{Name: b.name, Value: b.value, Type: b.typ, Span: b.span})
	}
	return out
}

func (d *decoder) outputs(f field) []ast.Output {
	if f.present() && f.kind == listKind {
		d.errorf(diag.WrongKind, f.short(), "`outputs` wants a mapping from names to types, this is a list").
			Advise("give each output a type, like `outputs: {rows: file}`")
		return nil
	}
	var out []ast.Output
	for _, e := range d.named(f, "output") {
		out = append(out, ast.Output{Name: e.name, Type: d.typeRef(e.value), Span: e.name.Span.To(e.value.span)})
	}
	return out
}
