package compile

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/frontend"
)

// Warnings can be silenced where they are wrong, by a comment that names the
// code: at the end of the line that the warning points to, or on a line of its
// own above it. It silences that warning and no other, and never an error; one
// that silences nothing is a warning itself, so that none outlives its reason.

// remark is a comment that asks for silence.
type remark struct {
	code diag.Code
	span diag.Span // of the code
	line int       // that it is about
	used bool
}

var (
	mark        = []byte("flowc:")
	ignoreWords = regexp.MustCompile(`^#+\s*flowc:\s*ignore\b`)
	ignoreCodes = regexp.MustCompile(`^\s+([a-z][a-z0-9-]*(?:\s*,\s*[a-z][a-z0-9-]*)*)(?:\s|$)`)
	oneCode     = regexp.MustCompile(`[a-z][a-z0-9-]*`)
)

// silence removes the warnings that comments silence.
func (r *Result) silence() {
	if r.Flow == nil {
		return
	}
	own := r.Flow.Span.File
	files := []diag.FileID{own}
	for _, d := range r.Findings {
		if d.Severity == diag.Warning && d.Span.Valid() && !slices.Contains(files, d.Span.File) {
			files = append(files, d.Span.File)
		}
	}
	var about diag.List
	for _, id := range files {
		src := r.Sources.File(id)
		if src == nil || !bytes.Contains(src.Text, mark) {
			continue
		}
		commenter, ok := frontendFor(src.Name).(frontend.Commenter)
		if !ok {
			continue
		}
		remarks, malformed := remarksIn(src, id, commenter.Comments(src.Text))
		r.Findings = slices.DeleteFunc(r.Findings, func(d diag.Diagnostic) bool { return isSilenced(d, id, src, remarks) })
		if id == own { // what is wrong in another file is said when that one is checked
			about = append(about, malformed...)
			about = append(about, r.idle(src, id, remarks)...)
		}
	}
	r.Findings = append(r.Findings, about...)
}

// remarksIn reads the comments of a source.
func remarksIn(src *diag.Source, id diag.FileID, comments []frontend.Comment) ([]remark, diag.List) {
	var remarks []remark
	var malformed diag.List
	for _, c := range comments {
		text := string(src.Text[c.Start:c.End])
		words := ignoreWords.FindString(text)
		if words == "" {
			continue
		}
		codes := ignoreCodes.FindStringSubmatchIndex(text[len(words):])
		if codes == nil {
			malformed.Warn(diag.UnusedIgnore, diag.Span{File: id, Start: c.Start, End: c.End}, "the comment doesn't say what to ignore").
				Advise("name the code of the warning, as in `# flowc: ignore unused`")
			continue
		}
		line := src.Pos(c.Start).Line
		if c.Alone {
			line = src.Pos(c.Next).Line
		}
		from, to := len(words)+codes[2], len(words)+codes[3]
		for _, at := range oneCode.FindAllStringIndex(text[from:to], -1) {
			start := c.Start + int32(from+at[0])
			span := diag.Span{File: id, Start: start, End: start + int32(at[1]-at[0])}
			remarks = append(remarks, remark{code: diag.Code(text[from+at[0] : from+at[1]]), span: span, line: line})
		}
	}
	return remarks, malformed
}

func isSilenced(d diag.Diagnostic, id diag.FileID, src *diag.Source, remarks []remark) bool {
	if d.Severity != diag.Warning || d.Span.File != id {
		return false
	}
	silenced := false
	line := src.Pos(d.Span.Start).Line
	for i := range remarks {
		if r := &remarks[i]; r.code == d.Code && r.line == line {
			r.used, silenced = true, true
		}
	}
	return silenced
}

// idle reports the remarks that silenced nothing. While there are errors, not
// every warning was looked for.
func (r *Result) idle(src *diag.Source, id diag.FileID, remarks []remark) diag.List {
	var out diag.List
	for _, m := range remarks {
		if m.used {
			continue
		}
		_, known := diag.Explain(m.code)
		atError := slices.ContainsFunc(r.Findings, func(d diag.Diagnostic) bool {
			return d.Severity == diag.Error && d.Code == m.code && d.Span.File == id && src.Pos(d.Span.Start).Line == m.line
		})
		switch {
		case !known:
			d := out.Warn(diag.UnusedIgnore, m.span, fmt.Sprintf("there is no code `%s`", m.code))
			if near, ok := diag.Suggest(string(m.code), codeNames()); ok {
				d.Replace(m.span, near, "did you mean `"+near+"`?")
			} else {
				d.Advise("`flowc explain` lists the codes")
			}
		case atError:
			out.Warn(diag.UnusedIgnore, m.span, fmt.Sprintf("`%s` is an error here, and errors can't be silenced", m.code)).
				Advise("put right what it points to; then remove the comment")
		case !r.Findings.HasErrors():
			out.Warn(diag.UnusedIgnore, m.span, fmt.Sprintf("there is no warning `%s` to ignore in line %d", m.code, m.line)).
				Advise("remove it; the comment stands on the line of the warning, or on its own line above")
		}
	}
	return out
}

func codeNames() []string {
	var names []string
	for _, doc := range diag.Codes() {
		names = append(names, string(doc.Code))
	}
	return names
}
