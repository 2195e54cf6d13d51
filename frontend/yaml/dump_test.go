package yaml

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
)

// dumper prints a syntax tree for people: one line a value, `name: value
// line:column-column`, what is absent left out.
type dumper struct {
	t    *testing.T
	srcs *diag.Sources
	out  strings.Builder
}

func dumpFlow(t *testing.T, srcs *diag.Sources, flow *ast.Flow) string {
	t.Helper()
	d := dumper{t: t, srcs: srcs}
	d.value("", reflect.ValueOf(flow), 0)
	return d.out.String()
}

func (d *dumper) line(depth int, name, format string, args ...any) {
	text := strings.TrimRight(fmt.Sprintf(format, args...), " ")
	if name != "" && text != "" {
		name += ": "
	} else if name != "" {
		name += ":"
	}
	fmt.Fprintf(&d.out, "%s%s%s\n", strings.Repeat("  ", depth), name, text)
}

func (d *dumper) place(s diag.Span) string {
	if !s.Valid() {
		return ""
	}
	checkSpan(d.t, d.srcs, s)
	src := d.srcs.File(s.File)
	from, to := src.Pos(s.Start), src.Pos(s.End)
	if from.Line == to.Line {
		return fmt.Sprintf("@%d:%d-%d", from.Line, from.Column, to.Column)
	}
	return fmt.Sprintf("@%d:%d-%d:%d", from.Line, from.Column, to.Line, to.Column)
}

func (d *dumper) value(name string, v reflect.Value, depth int) {
	switch x := v.Interface().(type) {
	case ast.Literal:
		d.line(depth, name, "%s %s", x.JSON, d.place(x.Span))
		return
	case diag.Text:
		if v.IsZero() {
			return
		}
		for i := range x.Value {
			checkSpan(d.t, d.srcs, x.Sub(i, i+1))
		}
		d.line(depth, name, "%q %s", x.Value, d.place(x.Span))
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			if v.Kind() == reflect.Interface {
				name += " " + v.Elem().Elem().Type().Name()
			}
			d.value(name, v.Elem(), depth)
		}
	case reflect.Slice:
		if v.Len() > 0 {
			d.line(depth, name, "")
			for i := range v.Len() {
				d.value("-", v.Index(i), depth+1)
			}
		}
	case reflect.Struct:
		d.structure(name, v, depth)
	default:
		if !v.IsZero() {
			d.line(depth, name, "%v", v.Interface())
		}
	}
}

func (d *dumper) structure(name string, v reflect.Value, depth int) {
	t := v.Type()
	if v.IsZero() {
		return
	}
	span := ""
	if f := v.FieldByName("Span"); f.IsValid() {
		span = d.place(f.Interface().(diag.Span))
	}
	if t.NumField() == 2 && t.Field(0).Name == "Value" { // Str, Int, Name and so on
		if s, ok := v.Field(0).Interface().(string); ok {
			d.line(depth, name, "%q %s", s, span)
		} else {
			d.line(depth, name, "%v %s", v.Field(0).Interface(), span)
		}
		return
	}
	d.line(depth, name, "%s", span)
	for i := range t.NumField() {
		switch t.Field(i).Name {
		case "Span":
		case "Keys":
			for _, s := range v.Field(i).Interface().(map[string]diag.Span) {
				checkSpan(d.t, d.srcs, s)
			}
		default:
			d.value(t.Field(i).Name, v.Field(i), depth+1)
		}
	}
}
