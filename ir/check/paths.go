package check

import (
	"fmt"
	"path"
	"strings"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
)

// badPath says why a path cannot be one inside a folder, or "".
func badPath(p string, absolute bool) string {
	switch {
	case p == "":
		return "the path is empty"
	case strings.IndexByte(p, 0) >= 0:
		return "it contains the character NUL"
	case !absolute && strings.HasPrefix(p, "/"):
		return "it is absolute; give it relative to the flow file"
	case strings.Contains(p, `\`):
		return "parts of a path are separated by `/`"
	case path.Clean(p) == "..", strings.HasPrefix(path.Clean(p), "../"), absolute && strings.Contains("/"+p+"/", "/../"):
		return "it leads outside"
	}
	return ""
}

// checkGlobs checks patterns of files of the code package.
func (c *checker) checkGlobs(globs []ast.Str, key string) {
	for _, g := range globs {
		if !g.Span.Valid() {
			continue
		}
		why := badPath(g.Value, false)
		if why == "" {
			if _, err := path.Match(g.Value, ""); err != nil {
				why = "its brackets are not closed"
			}
		}
		if why != "" {
			c.diags.Error(diag.BadPath, g.Span, fmt.Sprintf("`%s` is no pattern for `%s`: %s", clip(g.Value), key, why)).
				Advise("patterns are relative to the package's root, like `src/**` or `*.py`")
		}
	}
}

// files checks which files make up the code, and takes them over.
func (c *checker) files() {
	p := c.ast.Package
	if p == nil {
		return
	}
	if p.Root.Span.Valid() {
		switch {
		case p.Root.Value == "" || strings.HasPrefix(p.Root.Value, "/") || strings.ContainsAny(p.Root.Value, "\\\x00"):
			c.diags.Error(diag.BadPath, p.Root.Span, fmt.Sprintf("`%s` can't be the root of the package", clip(p.Root.Value))).
				Advise("give a folder relative to the flow file, like `.` or `../src`")
		default:
			c.out.Package.Root = path.Clean(p.Root.Value)
		}
	}
	c.checkGlobs(p.Include, "include")
	c.checkGlobs(p.Exclude, "exclude")
	c.out.Package.Include, c.out.Package.Exclude = texts(p.Include), texts(p.Exclude)
}
