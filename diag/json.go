package diag

import (
	"encoding/json"
	"io"
)

// The shape that [WriteJSON] writes. Fields are only ever added.
type (
	jsonReport struct {
		Version  int           `json:"version"` // 1
		Findings []jsonFinding `json:"diagnostics"`
		Errors   int           `json:"errors"`
		Warnings int           `json:"warnings"`
		Notes    int           `json:"notes"`
	}
	jsonFinding struct {
		Severity string `json:"severity"` // error, warning or note
		Code     Code   `json:"code,omitempty"`
		Summary  string `json:"summary"`
		Detail   string `json:"detail,omitempty"`
		*jsonPlace
		Related []jsonRelated `json:"related,omitempty"`
		Fix     *jsonFix      `json:"fix,omitempty"`
	}
	// A finding, related place or fix that has no place lacks all three.
	jsonPlace struct {
		File  string  `json:"file"`
		Start jsonPos `json:"start"`
		End   jsonPos `json:"end"` // behind the last character
	}
	jsonPos struct {
		Line   int   `json:"line"`   // from 1
		Column int   `json:"column"` // from 1, in characters
		Offset int32 `json:"offset"` // from 0, in bytes
	}
	jsonRelated struct {
		Message string `json:"message"`
		*jsonPlace
	}
	// Replace stands beside a place: the text to put there, which may be empty.
	jsonFix struct {
		Message string `json:"message"`
		*jsonPlace
		Replace *string `json:"replace,omitempty"`
	}
)

// WriteJSON renders the findings for programs, sorted and each once, as one
// JSON object with a final newline:
//
//	{
//	  "version": 1,
//	  "diagnostics": [
//	    {
//	      "severity": "error",
//	      "code": "unknown-key",
//	      "summary": "a step has no key \"runs\"",
//	      "detail": "...",
//	      "file": "flow.yaml",
//	      "start": {"line": 4, "column": 5, "offset": 31},
//	      "end": {"line": 4, "column": 9, "offset": 35},
//	      "related": [{"message": "...", "file": "...", "start": {...}, "end": {...}}],
//	      "fix": {"message": "...", "file": "...", "start": {...}, "end": {...}, "replace": "run"}
//	    }
//	  ],
//	  "errors": 1,
//	  "warnings": 0,
//	  "notes": 0
//	}
//
// detail, related and fix are left out where there is none; file, start and
// end where the finding has no place; and replace where a fix is advice in
// words. Lines and columns count from 1, columns in characters, offsets from
// 0 in bytes of the file; end lies behind the last character. Bytes that are
// not UTF-8 become U+FFFD.
func WriteJSON(w io.Writer, list List, srcs *Sources) error {
	report := jsonReport{Version: 1, Findings: []jsonFinding{}}
	for _, d := range list.Sorted() {
		switch d.Severity {
		case Error:
			report.Errors++
		case Warning:
			report.Warnings++
		case Note:
			report.Notes++
		}
		f := jsonFinding{
			Severity:  d.Severity.String(),
			Code:      d.Code,
			Summary:   d.Summary,
			Detail:    d.Detail,
			jsonPlace: srcs.jsonPlace(d.Span),
		}
		for _, r := range d.Related {
			f.Related = append(f.Related, jsonRelated{r.Message, srcs.jsonPlace(r.Span)})
		}
		if d.Fix != nil {
			f.Fix = &jsonFix{Message: d.Fix.Message, jsonPlace: srcs.jsonPlace(d.Fix.Span)}
			if f.Fix.jsonPlace != nil {
				f.Fix.Replace = &d.Fix.Replace
			}
		}
		report.Findings = append(report.Findings, f)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(report)
}

func (s *Sources) jsonPlace(span Span) *jsonPlace {
	src := s.File(span.File)
	if src == nil {
		return nil
	}
	n := int32(len(src.Text))
	from := max(0, min(span.Start, n))
	to := max(from, min(span.End, n))
	return &jsonPlace{src.Name, src.jsonPos(from), src.jsonPos(to)}
}

func (f *Source) jsonPos(offset int32) jsonPos {
	pos := f.Pos(offset)
	return jsonPos{pos.Line, pos.Column, offset}
}
