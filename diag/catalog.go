package diag

import (
	"embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// The comments in the list of codes are what users read: it is parsed when
// somebody asks, so that it stands in one place only.
//
//go:embed codes*.go
var codeFiles embed.FS

// CodeDoc is what is known about a code.
type CodeDoc struct {
	Code    Code
	Text    string // when it is reported, in sentences; paragraphs have an empty line between
	Example string // the smallest YAML that it is reported for, with a final newline
}

// File returns the example as a whole file: one that leaves the name of the flow
// out gets one.
func (d CodeDoc) File() string {
	if strings.HasPrefix(d.Example, "flow:") || strings.Contains(d.Example, "\nflow:") {
		return d.Example
	}
	return "flow: example\n" + d.Example
}

// Codes returns all codes in byte order.
func Codes() []CodeDoc { return slices.Clone(catalog()) }

// Explain returns what is known about code.
func Explain(code Code) (CodeDoc, bool) {
	i, ok := slices.BinarySearchFunc(catalog(), code, func(d CodeDoc, c Code) int {
		return strings.Compare(string(d.Code), string(c))
	})
	if !ok {
		return CodeDoc{}, false
	}
	return catalog()[i], true
}

var catalog = sync.OnceValue(func() []CodeDoc {
	docs, err := readCatalog()
	if err != nil {
		panic("diag: " + err.Error()) // a test reads the same bytes
	}
	return docs
})

func readCatalog() ([]CodeDoc, error) {
	entries, err := codeFiles.ReadDir(".")
	if err != nil {
		return nil, err
	}
	var docs []CodeDoc
	for _, e := range entries {
		text, err := codeFiles.ReadFile(e.Name())
		if err != nil {
			return nil, err
		}
		more, err := parseCodes(e.Name(), text)
		if err != nil {
			return nil, err
		}
		docs = append(docs, more...)
	}
	slices.SortFunc(docs, func(a, b CodeDoc) int { return strings.Compare(string(a.Code), string(b.Code)) })
	return docs, nil
}

// parseCodes reads the constants of type Code in a Go file. Each has one name,
// a string, and a comment that begins with the name and a colon and holds an
// indented example.
func parseCodes(name string, text []byte) ([]CodeDoc, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var docs []CodeDoc
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.CONST {
			continue
		}
		for _, spec := range gen.Specs {
			doc, err := codeOf(spec.(*ast.ValueSpec))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", fset.Position(spec.Pos()), err)
			}
			docs = append(docs, doc)
		}
	}
	return docs, nil
}

func codeOf(spec *ast.ValueSpec) (CodeDoc, error) {
	name := spec.Names[0].Name
	typ, _ := spec.Type.(*ast.Ident)
	if typ == nil || typ.Name != "Code" || len(spec.Names) != 1 || len(spec.Values) != 1 {
		return CodeDoc{}, fmt.Errorf("%s: want one constant of the form %s Code = \"...\"", name, name)
	}
	lit, ok := spec.Values[0].(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return CodeDoc{}, fmt.Errorf("%s: the value is no string", name)
	}
	code, err := strconv.Unquote(lit.Value)
	if err != nil {
		return CodeDoc{}, fmt.Errorf("%s: %w", name, err)
	}
	text, ok := strings.CutPrefix(spec.Doc.Text(), name+": ")
	if !ok || text == "" {
		return CodeDoc{}, fmt.Errorf("%s: the comment does not begin with %q", name, name+": ")
	}
	doc := CodeDoc{Code: Code(code)}
	doc.Text, doc.Example = splitExample(strings.ToUpper(text[:1]) + text[1:])
	if doc.Text == "" || doc.Example == "" {
		return CodeDoc{}, fmt.Errorf("%s: the comment needs a sentence and an example, indented by a tab", name)
	}
	return doc, nil
}

// splitExample parts the indented lines of a comment from the others.
func splitExample(comment string) (text, example string) {
	var prose, code []string
	inCode := false
	for line := range strings.SplitSeq(comment, "\n") {
		indented, ok := strings.CutPrefix(line, "\t")
		switch {
		case ok:
			if !inCode && len(code) > 0 {
				code = append(code, "")
			}
			inCode = true
			code = append(code, indented)
		case line == "" && inCode: // belongs to the example if that goes on
			code = append(code, "")
			prose = append(prose, "")
		default:
			for inCode && len(code) > 0 && code[len(code)-1] == "" {
				code = code[:len(code)-1]
			}
			inCode = false
			prose = append(prose, line)
		}
	}
	text = strings.TrimSpace(strings.Join(prose, "\n"))
	for strings.Contains(text, "\n\n\n") {
		text = strings.ReplaceAll(text, "\n\n\n", "\n\n")
	}
	if example = strings.TrimRight(strings.Join(code, "\n"), "\n"); example != "" {
		example += "\n"
	}
	return text, example
}
