package compile

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
)

// Reader reads a file beside the flow that is compiled. The path is relative to
// that flow's folder, with slashes, as short as can be; it begins with ".." only
// where the root of the flow's code package does.
type Reader func(path string) ([]byte, error)

// Option changes how a file is compiled.
type Option func(*Result)

// WithFiles gives the means to read the flows that a flow uses. Without it, a
// flow that uses others has an error: there is no folder that their paths could
// begin in.
func WithFiles(read Reader) Option { return func(r *Result) { r.read = read } }

const (
	maxFiles   = 1000     // that one flow uses, directly or not
	maxText    = 64 << 20 // bytes in all of them
	maxNesting = 20       // flows that use each other in a row
)

// loader follows `uses` from file to file. Each file is read once.
type loader struct {
	*Result
	root  string               // of the code package, from the flow's folder
	flows map[string]*ast.Flow // by path; nil where what was read is no flow
	bytes int
	// wrong has what to report wherever a file is used that was not read.
	wrong map[string]func(written ast.Str)
	stack []usage // from the main flow to the one at hand
}

// usage is a file and the place that it is used at.
type usage struct {
	path string // "" for the main flow with a name that is none
	at   diag.Span
}

// loadUsed loads all files that the flow uses.
func (r *Result) loadUsed() {
	r.files = map[diag.FileID]string{}
	l := &loader{Result: r, root: rootOf(r.Flow), flows: map[string]*ast.Flow{}, wrong: map[string]func(ast.Str){}}
	main := usage{}
	if r.read != nil {
		main.path = filepath.Base(r.Name)
	}
	l.stack = []usage{main}
	l.follow(r.Flow, ".")
}

// rootOf is the root of a flow's package, from the flow's folder. What is wrong
// with it is reported when the flow is checked.
func rootOf(f *ast.Flow) string {
	if f.Package == nil || f.Package.Root.Value == "" || path.IsAbs(f.Package.Root.Value) {
		return "."
	}
	return path.Clean(f.Package.Root.Value)
}

// follow loads what a flow in that folder uses.
func (l *loader) follow(f *ast.Flow, folder string) {
	for _, n := range callsIn(f.Steps) {
		if n.Uses.Path.Span.Valid() {
			n.Uses.Flow = l.used(n.Uses.Path, folder)
		}
		n.Partial = n.Partial || n.Uses.Flow == nil
	}
}

// callsIn lists all calls in steps and in the blocks among them, as written.
func callsIn(steps []ast.Node) []*ast.Node {
	var out []*ast.Node
	for i := range steps {
		n := &steps[i]
		if n.Uses != nil {
			out = append(out, n)
		}
		out = append(out, callsIn(n.Steps)...)
		if n.Switch == nil {
			continue
		}
		for _, c := range n.Switch.Cases {
			out = append(out, callsIn(c.Steps)...)
		}
		if n.Switch.Else != nil {
			out = append(out, callsIn(n.Switch.Else.Steps)...)
		}
	}
	return out
}

// used returns the flow that a path leads to, or nil where there is something
// to report.
func (l *loader) used(written ast.Str, folder string) *ast.Flow {
	if why, advice := badUses(written.Value); why != "" {
		l.bad(written, why).Advise(advice)
		return nil
	}
	if l.read == nil {
		l.bad(written, "a flow that comes from no file has no folder that the path could begin in").
			Advise("give the flow as a file")
		return nil
	}
	file := path.Join(folder, written.Value)
	if l.recursive(file, written) {
		return nil
	}
	f, known := l.flows[file]
	if !known {
		f = l.load(file, written)
	}
	if report := l.wrong[file]; report != nil {
		report(written)
	}
	if known || f == nil {
		return f
	}
	l.stack = append(l.stack, usage{file, written.Span})
	l.follow(f, path.Dir(file))
	l.stack = l.stack[:len(l.stack)-1]
	return f
}

// badUses says why a text can't be the path of a flow, or "".
func badUses(p string) (why, advice string) {
	_, known := frontends[strings.ToLower(path.Ext(p))]
	switch {
	case strings.ContainsRune(p, 0):
		return "it contains the character NUL", "remove it"
	case strings.Contains(p, "://"):
		return "flows are not loaded from elsewhere", "keep a copy of the flow beside this one"
	case strings.Contains(p, `\`):
		return "parts of a path are separated by `/`", "write `" + strings.ReplaceAll(p, `\`, "/") + "`"
	case path.IsAbs(p):
		return "it is absolute, and would lead nowhere on another machine", "give the path from this file, like `./train.flow.yaml`"
	case !known:
		return "the name of a flow file ends in " + strings.Join(slices.Sorted(maps.Keys(frontends)), " or "), "give the path of a file, like `./train.flow.yaml`"
	}
	return "", ""
}

func (l *loader) bad(written ast.Str, why string) *diag.Diagnostic {
	return l.Findings.Error(diag.BadUses, written.Span, fmt.Sprintf("`%s` can't be used: %s", shown(written.Value), why))
}

// shown is a path as messages have it.
func shown(p string) string {
	const most = 100
	if len(p) > most {
		p = "…" + p[len(p)-most:]
	}
	return diag.Printable(p)
}

// recursive reports a flow that uses itself.
func (l *loader) recursive(file string, written ast.Str) bool {
	from := slices.IndexFunc(l.stack, func(u usage) bool { return u.path == file })
	if from < 0 {
		return false
	}
	chain := l.stack[from:]
	d := l.Findings.Error(diag.RecursiveUses, written.Span, fmt.Sprintf("`%s` uses itself", shown(file)))
	for i, u := range chain[1:] {
		d.See(u.at, fmt.Sprintf("`%s` uses `%s`", shown(chain[i].path), shown(u.path)))
	}
	if len(chain) > 1 {
		names := make([]string, 0, len(chain)+1)
		for _, u := range chain {
			names = append(names, "`"+shown(u.path)+"`")
		}
		d.Because("By way of " + strings.Join(append(names, names[0]), " → ") + ".")
	}
	d.Advise("for steps that are repeated, use a `loop` in one flow")
	return true
}

// below returns the path from root to dir, "" for root itself, if dir lies in
// root. A root further up than dir's beginning has a name that nobody knows.
func below(root, dir string) (string, bool) {
	rel, err := filepath.Rel(filepath.FromSlash(root), filepath.FromSlash(dir))
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	if rel == "." {
		return "", true
	}
	return filepath.ToSlash(rel), true
}

// outside reports code that the package would not hold.
func (l *loader) outside(written ast.Str, dir string) {
	d := l.bad(written, "its folder is not in the code package of this flow")
	root := l.root
	if root == "." {
		root = "the folder of `" + shown(filepath.Base(l.Name)) + "`"
	} else {
		root = "`" + shown(root) + "`, as `package:` says,"
	}
	why := fmt.Sprintf("Where the flow runs there is only what lies in %s, and the flow that is used would lack its scripts.", root)
	if strings.HasPrefix(l.root, "..") && !strings.HasPrefix(dir, "..") {
		why = "The root of the package is further up than this flow, and the names of the folders between them are not known."
	}
	d.Because(why).Advise("move the file, or set `package: {root: ...}` to a folder that holds all of them, with this flow in it")
	if l.Flow.Package != nil {
		d.See(l.Flow.Package.Root.Span, "the root of the package")
	}
}

// load reads and decodes one file.
func (l *loader) load(file string, written ast.Str) *ast.Flow {
	l.flows[file] = nil
	if len(l.stack) > maxNesting {
		delete(l.flows, file) // it may be used from further up
		l.bad(written, fmt.Sprintf("at most %d flows use each other in a row", maxNesting))
		return nil
	}
	text, refused := l.text(file)
	if refused != nil {
		l.wrong[file] = refused
		return nil
	}
	before := l.Sources.Count()
	f, found := frontendFor(file).Load(l.Sources, l.nameOf(file), text)
	for id := before + 1; id <= l.Sources.Count(); id++ {
		l.files[diag.FileID(id)] = file
	}
	for i := range found {
		found[i].See(written.Span, "the flow is used here")
	}
	l.add(found)
	if f == nil {
		return nil
	}
	dir, ok := below(l.root, path.Join(path.Dir(file), rootOf(f)))
	if !ok {
		l.Findings.Error(diag.BadUses, f.Package.Root.Span, fmt.Sprintf("`%s` can't be used: the root of its package is not in the code package of the flow that uses it", shown(file))).
			See(written.Span, "the flow is used here").
			Advise("leave the root away, or move the files")
		return nil
	}
	f.File, f.Dir = file, dir
	l.flows[file] = f
	return f
}

// text reads a file, or returns what to report where it is used.
func (l *loader) text(file string) (_ []byte, refused func(written ast.Str)) {
	refuse := func(why string) func(ast.Str) {
		return func(written ast.Str) { l.bad(written, why) }
	}
	if _, ok := below(l.root, path.Dir(file)); !ok {
		return nil, func(written ast.Str) { l.outside(written, path.Dir(file)) }
	}
	if len(l.flows) > maxFiles {
		return nil, refuse(fmt.Sprintf("a flow uses at most %d others", maxFiles))
	}
	text, err := l.read(file)
	if err != nil {
		return nil, func(written ast.Str) { l.unread(written, file, err) }
	}
	if l.bytes += len(text); l.bytes > maxText {
		return nil, refuse(fmt.Sprintf("together with the others it has more than %d MiB", maxText>>20))
	}
	return text, nil
}

// nameOf is what people see: the path from where the main flow's name begins.
func (l *loader) nameOf(file string) string {
	return filepath.Join(filepath.Dir(l.Name), filepath.FromSlash(file))
}

func (l *loader) unread(written ast.Str, file string, err error) {
	var inner *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		l.bad(written, "there is no such file").
			Because("The path begins in the folder of the flow that it stands in; that makes it `" + shown(l.nameOf(file)) + "`.").
			Advise("mend the path")
		return
	case errors.As(err, &inner):
		err = inner.Err
	}
	l.bad(written, "it can't be read: "+shown(err.Error()))
}
