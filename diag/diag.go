// Package diag is what every stage of the compiler reports its findings with:
// sources and spans, one Diagnostic value with a stable code, a sorted and
// deduplicated List, and renderers for terminals and for programs.
//
// The package holds no state and writes nowhere by itself: renderers take the
// writer, the sources, the width and whether to use colour as arguments.
package diag

import (
	"cmp"
	"slices"
)

// Severity says what a finding means for the result. The zero value is invalid.
type Severity uint8

const (
	Error   Severity = iota + 1 // nothing can be emitted
	Warning                     // suspicious; can be silenced
	Note                        // a decision of the compiler that people may want to know
)

func (s Severity) String() string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	case Note:
		return "note"
	}
	return "invalid"
}

// Diagnostic is one finding.
type Diagnostic struct {
	Severity Severity
	Code     Code   // what kind of finding; see codes.go
	Summary  string // one line: what is wrong, without a final stop
	Detail   string // optional: why, or which values are involved; may have several lines
	Span     Span   // the offending token, as tight as possible
	Related  []Related
	Fix      *Fix
}

// Related is another place that has to do with the finding.
type Related struct {
	Span    Span
	Message string // "the other definition", "declared here as list<int>"
}

// Fix is what to do. Message alone is advice; with Replace, the exact text
// that goes to Span (an empty Span.Start..End range inserts).
type Fix struct {
	Message string
	Span    Span
	Replace string
}

// List collects findings. The zero value is ready to use.
type List []Diagnostic

// Add appends d.
func (l *List) Add(d Diagnostic) { *l = append(*l, d) }

// Error appends an error and returns a pointer to it for details, related
// places and a fix. The pointer is valid until the next change of the list.
func (l *List) Error(code Code, span Span, summary string) *Diagnostic {
	return l.add(Error, code, span, summary)
}

// Warn appends a warning; see [List.Error] for the result.
func (l *List) Warn(code Code, span Span, summary string) *Diagnostic {
	return l.add(Warning, code, span, summary)
}

// Note appends a note; see [List.Error] for the result.
func (l *List) Note(code Code, span Span, summary string) *Diagnostic {
	return l.add(Note, code, span, summary)
}

func (l *List) add(sev Severity, code Code, span Span, summary string) *Diagnostic {
	*l = append(*l, Diagnostic{Severity: sev, Code: code, Span: span, Summary: summary})
	return &(*l)[len(*l)-1]
}

// Because sets the detail and returns d.
func (d *Diagnostic) Because(detail string) *Diagnostic { d.Detail = detail; return d }

// See adds a related place and returns d. A place that is none is left out.
func (d *Diagnostic) See(span Span, message string) *Diagnostic {
	if span.Valid() {
		d.Related = append(d.Related, Related{span, message})
	}
	return d
}

// Advise sets a fix in words and returns d.
func (d *Diagnostic) Advise(message string) *Diagnostic {
	d.Fix = &Fix{Message: message}
	return d
}

// Replace sets a fix that an editor can apply and returns d.
func (d *Diagnostic) Replace(span Span, text, message string) *Diagnostic {
	d.Fix = &Fix{Message: message, Span: span, Replace: text}
	return d
}

// HasErrors reports whether any finding is an error.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == Error })
}

// Sorted returns the findings in order of file, place, severity and code,
// without those that say the same about the same place.
func (l List) Sorted() List {
	out := slices.Clone(l)
	slices.SortStableFunc(out, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(a.Span.File, b.Span.File),
			cmp.Compare(a.Span.Start, b.Span.Start),
			cmp.Compare(a.Span.End, b.Span.End),
			cmp.Compare(a.Severity, b.Severity),
			cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Summary, b.Summary),
		)
	})
	return slices.CompactFunc(out, func(a, b Diagnostic) bool {
		return a.Span == b.Span && a.Severity == b.Severity && a.Code == b.Code && a.Summary == b.Summary
	})
}
