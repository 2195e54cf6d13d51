package ir

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/flowc-dev/flowc/types"
)

// Print writes the graph as text, one fact a line: every node with its ports,
// its expressions with the references they lead to, and what it waits for.
// Equal graphs print equally; places in the source and prose (doc, help) are
// left out. The form is for people and for tests, and is never read back.
func Print(w io.Writer, f *Flow) error {
	p := &printer{flow: f}
	p.printFlow()
	_, err := io.WriteString(w, p.out.String())
	return err
}

// Digest is the hex sha256 of a canonical form of the graph. Like [Print] it
// covers neither places nor prose; unlike it, expressions count by what they
// compute and types by what they contain, not by how they are written.
func (f *Flow) Digest() string {
	p := &printer{flow: f, canonical: true}
	p.printFlow()
	sum := sha256.Sum256([]byte(p.out.String()))
	return hex.EncodeToString(sum[:])
}

// printer writes lines of words; whatever a user chose freely is quoted, so
// that no two graphs print alike.
type printer struct {
	out       strings.Builder
	flow      *Flow
	canonical bool
	indent    int
}

func (p *printer) line(words ...string) {
	for range p.indent {
		p.out.WriteString("  ")
	}
	first := true
	for _, w := range words {
		if w == "" {
			continue
		}
		if !first {
			p.out.WriteByte(' ')
		}
		first = false
		p.out.WriteString(w)
	}
	p.out.WriteByte('\n')
}

func (p *printer) printFlow() {
	f := p.flow
	p.line("flow", f.Name)
	p.indent++
	p.policy(&f.Policy)
	p.code(f.Package)
	for _, x := range f.Params {
		p.param(x)
	}
	p.block(f.Body, f.Exports)
	p.indent--
}

func (p *printer) policy(r *RunPolicy) {
	if s := r.Schedule; s != nil {
		p.line("schedule", strconv.Quote(s.Cron), s.Timezone, named("date", s.DateParam), flag("suspended", s.Suspended))
	}
	if r.Overlap != OverlapAllow {
		p.line("overlap", r.Overlap.String())
	}
	p.duration("timeout", r.Timeout)
	p.number("max_parallel", r.MaxParallel)
	p.texts("tags", r.Tags)
	if r.Owner != "" {
		p.line("owner", strconv.Quote(r.Owner))
	}
}

func (p *printer) code(k Package) {
	if k.Root != "" {
		p.line("package", strconv.Quote(k.Root))
	}
	p.texts("include", k.Include)
	p.texts("exclude", k.Exclude)
}

func (p *printer) param(x *Param) {
	def := ""
	if x.Default != nil {
		def = "= " + string(x.Default.JSON)
	}
	p.line("param", x.Name+":", p.typ(x.Type), def)
	p.indent++
	if x.Min != nil {
		p.line("min", string(x.Min.JSON))
	}
	if x.Max != nil {
		p.line("max", string(x.Max.JSON))
	}
	if x.Pattern != "" {
		p.line("pattern", strconv.Quote(x.Pattern))
	}
	if x.Schema != nil {
		p.line("schema", string(x.Schema))
	}
	p.indent--
}

// block prints a block's binds, nodes and exports.
func (p *printer) block(b *Block, exports []Export) {
	for _, x := range b.Binds {
		p.line("bind", x.Name+":", p.typ(x.Type), bindKinds[x.Kind])
	}
	for i, n := range b.Nodes {
		var preds []int32
		if i < len(b.Preds) {
			preds = b.Preds[i]
		}
		p.node(b, n, preds)
	}
	for _, x := range exports {
		p.line("export", x.Name+":", p.typ(x.Type), "=", p.expr(x.Value))
	}
}

var bindKinds = [...]string{BindItem: "item", BindIndex: "index", BindCarry: "carry", BindIteration: "iteration"}

func (p *printer) node(b *Block, n Node, preds []int32) {
	h := n.Head()
	p.line(kindOf(n), strconv.Itoa(int(h.ID)), h.Name)
	p.indent++
	if len(preds) > 0 {
		names := make([]string, len(preds))
		for i, at := range preds {
			names[i] = b.Nodes[at].Head().Name
		}
		p.line("needs", strings.Join(names, " "))
	}
	if len(h.After) > 0 {
		names := make([]string, len(h.After))
		for i, id := range h.After {
			names[i] = p.name(id)
		}
		p.line("after", strings.Join(names, " "))
	}
	if h.When != nil {
		p.line("when", p.expr(h.When))
	}
	if h.Catch {
		p.line("catch")
	}
	if h.Uses != nil && !p.canonical { // what it brought in says it all
		p.uses(h.Uses)
	}
	switch n := n.(type) {
	case *Step:
		p.step(n)
	case *Foreach:
		p.foreach(n)
	case *Switch:
		p.line("on", p.expr(n.On))
		for _, c := range n.Cases {
			if c.Else {
				p.line("else")
			} else {
				p.line("case", strconv.Quote(c.Label))
			}
			p.body(c.Body)
		}
	case *Loop:
		p.loop(n)
	case *Group:
		p.body(n.Body)
	}
	for _, port := range h.Ports {
		p.line("port", port.Name+":", p.typ(port.Type))
	}
	p.indent--
}

func (p *printer) uses(u *Uses) {
	p.line("uses", strconv.Quote(u.File))
	for _, in := range u.Inputs {
		p.line("with", in.Name+":", p.typ(in.Type), "=", p.expr(in.Value))
	}
}

func (p *printer) body(b *Block) {
	p.line("block", strconv.Itoa(int(b.ID)), "depth", strconv.Itoa(int(b.Depth)))
	p.indent++
	p.block(b, b.Exports)
	p.indent--
}

func (p *printer) foreach(n *Foreach) {
	for _, it := range n.Over {
		p.line("over", it.Var, "in", p.expr(it.List))
	}
	if len(n.Over) > 1 {
		combine := "product"
		if n.Zip {
			combine = "zip"
		}
		p.line("combine", combine)
	}
	p.number("max", n.Max)
	p.number("max_parallel", n.MaxParallel)
	p.number("batch", n.Batch)
	if n.Pack {
		p.line("pack")
	}
	p.body(n.Body)
}

func (p *printer) loop(n *Loop) {
	for _, c := range n.Carry {
		p.line("carry", c.Name+":", p.typ(c.Type), "from", p.expr(c.Init))
		if c.Next != nil {
			p.indent++
			p.line("next", p.expr(c.Next))
			p.indent--
		}
	}
	p.line("until", p.expr(n.Until))
	p.line("max", strconv.Itoa(n.Max), flag("stop", n.Stop))
	p.body(n.Body)
}

func (p *printer) step(s *Step) {
	for _, in := range s.Inputs {
		p.line("in", in.Name+":", p.typ(in.Type), "=", p.expr(in.Value))
	}
	switch a := s.Action.(type) {
	case *Script:
		p.line("run", strconv.Quote(a.Text))
	case *Call:
		p.line("python", strconv.Quote(a.File), strconv.Quote(a.Func))
	case *Argv:
		words := []string{"command"}
		for _, arg := range a.Args {
			switch {
			case arg.Input != "":
				words = append(words, "input:"+arg.Input)
			case arg.Output != "":
				words = append(words, "output:"+arg.Output)
			default:
				words = append(words, strconv.Quote(arg.Text))
			}
		}
		p.line(words...)
	}
	for _, o := range s.Outputs {
		p.line("out", o.Name+":", p.typ(o.Type))
	}
	p.settings(s)
}

func (p *printer) settings(s *Step) {
	if s.Dir != "" {
		p.line("dir", strconv.Quote(s.Dir))
	}
	if s.Image != "" {
		p.line("image", strconv.Quote(s.Image))
	}
	if s.Shell != "" {
		p.line("shell", strconv.Quote(s.Shell))
	}
	for _, kv := range s.Env {
		p.line("env", kv.Key+"="+strconv.Quote(kv.Value))
	}
	for _, x := range s.Secrets {
		to := x.Env
		if x.File != "" {
			to = "file " + strconv.Quote(x.File)
		}
		p.line("secret", to, "from", strconv.Quote(x.Store), strconv.Quote(x.Key))
	}
	if r := s.Resources; r != (Resources{}) {
		p.line("resources",
			amount("cpu_milli", r.CPUMilli), amount("memory", r.Memory), amount("disk", r.Disk),
			amount("shm", r.Shm), amount("gpu", int64(r.GPU)), quoted("gpu_type", r.GPUType))
	}
	if r := s.Retry; r.Attempts > 1 {
		p.line("retry", strconv.Itoa(r.Attempts), "delay", r.Delay.String(), "max_delay", r.MaxDelay.String(),
			"backoff", strconv.FormatFloat(r.Backoff, 'g', -1, 64), "for", r.For.String())
	}
	p.duration("timeout", s.Timeout)
	p.texts("code", s.Code)
	if c := s.Cache; c != nil {
		p.line("cache", quoted("version", c.Version), "lifetime", c.Lifetime.String())
	}
	for _, kv := range s.Labels {
		p.line("label", strconv.Quote(kv.Key)+"="+strconv.Quote(kv.Value))
	}
}

// expr is an expression with what its references lead to.
func (p *printer) expr(e *Expr) string {
	if e == nil {
		return "-"
	}
	text := e.Text
	if p.canonical || strings.ContainsAny(text, "\n\r") {
		text = e.Code.String()
	}
	if len(e.Refs) == 0 {
		return text
	}
	var b strings.Builder
	b.WriteString(text)
	b.WriteString(" [")
	for i, r := range e.Refs {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p.source(r.From))
		b.WriteString(": ")
		b.WriteString(p.typ(r.Type))
		if r.Narrowed {
			b.WriteString(" narrowed")
		}
	}
	b.WriteByte(']')
	return b.String()
}

func (p *printer) source(s Source) string {
	switch s := s.(type) {
	case FromPort:
		n := p.flow.Node(s.Node)
		if n == nil || int(s.Port) >= len(n.Head().Ports) {
			return fmt.Sprintf("port %d.%d", s.Node, s.Port)
		}
		name := n.Head().Name
		if p.canonical {
			name += "#" + strconv.Itoa(int(s.Node)) // a foreach and its step share theirs
		}
		return name + "." + n.Head().Ports[s.Port].Name
	case FromBind:
		return fmt.Sprintf("%s of block %d", p.flow.Block(s.Block).Binds[s.Bind].Name, s.Block)
	case FromParam:
		return "params." + p.flow.Params[s].Name
	}
	return "nothing"
}

func (p *printer) name(id NodeID) string {
	if n := p.flow.Node(id); n != nil {
		return n.Head().Name
	}
	return fmt.Sprint(int(id))
}

func (p *printer) typ(t types.Type) string {
	switch {
	case t == nil:
		return types.Invalid.String()
	case p.canonical:
		return types.Encode(t)
	}
	return t.String()
}

func (p *printer) number(key string, n int) {
	if n != 0 {
		p.line(key, strconv.Itoa(n))
	}
}

func (p *printer) duration(key string, d time.Duration) {
	if d != 0 {
		p.line(key, d.String())
	}
}

func (p *printer) texts(key string, texts []string) {
	if len(texts) == 0 {
		return
	}
	words := []string{key}
	for _, t := range texts {
		words = append(words, strconv.Quote(t))
	}
	p.line(words...)
}

func flag(word string, on bool) string {
	if on {
		return word
	}
	return ""
}

func named(key, value string) string {
	if value == "" {
		return ""
	}
	return key + " " + value
}

func quoted(key, value string) string {
	if value == "" {
		return ""
	}
	return key + " " + strconv.Quote(value)
}

func amount(key string, n int64) string {
	if n == 0 {
		return ""
	}
	return key + " " + strconv.FormatInt(n, 10)
}

func kindOf(n Node) string {
	switch n.(type) {
	case *Step:
		return "step"
	case *Foreach:
		return "foreach"
	case *Switch:
		return "switch"
	case *Loop:
		return "loop"
	}
	return "group"
}

// String lists the kinds of failure, as `for` takes them.
func (r RetryFor) String() string {
	var words []string
	for i, word := range [...]string{"error", "oom", "evicted", "timeout"} {
		if r&(1<<i) != 0 {
			words = append(words, word)
		}
	}
	return strings.Join(words, "|")
}
