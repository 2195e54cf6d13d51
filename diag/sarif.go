package diag

import (
	"encoding/json"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// SARIFOptions say what made the findings.
type SARIFOptions struct {
	Version string // of flowc; may be empty
}

const (
	home           = "https://github.com/flowc-dev/flowc"
	diagnosticsURI = home + "/blob/main/docs/diagnostics.md"
	sarifSchema    = "https://json.schemastore.org/sarif-2.1.0.json"
)

// The part of SARIF 2.1.0 that [WriteSARIF] writes.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		URI     string      `json:"informationUri"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      Code      `json:"id"`
		Short   sarifText `json:"shortDescription"`
		Full    sarifText `json:"fullDescription"`
		Help    sarifHelp `json:"help"`
		HelpURI string    `json:"helpUri"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifHelp struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown"`
	}
	sarifResult struct {
		RuleID    Code            `json:"ruleId,omitempty"`
		RuleIndex *int            `json:"ruleIndex,omitempty"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations,omitempty"`
		Related   []sarifLocation `json:"relatedLocations,omitempty"`
		Fixes     []sarifFix      `json:"fixes,omitempty"`
	}
	sarifLocation struct {
		ID       *int          `json:"id,omitempty"`
		Physical sarifPhysical `json:"physicalLocation"`
		Message  *sarifText    `json:"message,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI  string `json:"uri"`
		Base string `json:"uriBaseId,omitempty"`
	}
	// End lies behind the last character.
	sarifRegion struct {
		StartLine   int   `json:"startLine"`
		StartColumn int   `json:"startColumn"`
		EndLine     int   `json:"endLine"`
		EndColumn   int   `json:"endColumn"`
		ByteOffset  int32 `json:"byteOffset"`
		ByteLength  int32 `json:"byteLength"`
	}
	sarifFix struct {
		Description sarifText     `json:"description"`
		Changes     []sarifChange `json:"artifactChanges"`
	}
	sarifChange struct {
		Artifact     sarifArtifact      `json:"artifactLocation"`
		Replacements []sarifReplacement `json:"replacements"`
	}
	sarifReplacement struct {
		Deleted  sarifRegion `json:"deletedRegion"`
		Inserted sarifText   `json:"insertedContent"`
	}
)

// WriteSARIF renders the findings, sorted and each once, as a log of SARIF 2.1.0,
// which services that host code show beside it. The rules are the codes that
// occur. A fix with a replacement becomes a fix that can be applied; advice in
// words stands in the message. Files are named relative to the folder that
// their names are relative to, as %SRCROOT%.
func WriteSARIF(w io.Writer, list List, srcs *Sources, opts SARIFOptions) error {
	list = list.Sorted()
	run := sarifRun{
		Tool:       sarifTool{sarifDriver{Name: "flowc", Version: opts.Version, URI: home, Rules: sarifRules(list)}},
		ColumnKind: "unicodeCodePoints",
		Results:    []sarifResult{},
	}
	for _, d := range list {
		r := sarifResult{RuleID: d.Code, Level: d.Severity.String(), Message: sarifText{inWords(d)}}
		if i := slices.IndexFunc(run.Tool.Driver.Rules, func(r sarifRule) bool { return r.ID == d.Code }); i >= 0 {
			r.RuleIndex = &i
		}
		if at, ok := srcs.sarifPlace(d.Span); ok {
			r.Locations = []sarifLocation{{Physical: at}}
		}
		for _, other := range d.Related {
			if at, ok := srcs.sarifPlace(other.Span); ok {
				id := len(r.Related) + 1
				r.Related = append(r.Related, sarifLocation{&id, at, &sarifText{other.Message}})
			}
		}
		if d.Fix != nil {
			if at, ok := srcs.sarifPlace(d.Fix.Span); ok {
				r.Fixes = []sarifFix{{sarifText{d.Fix.Message}, []sarifChange{{
					at.Artifact, []sarifReplacement{{at.Region, sarifText{d.Fix.Replace}}},
				}}}}
			}
		}
		run.Results = append(run.Results, r)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(sarifLog{sarifSchema, "2.1.0", []sarifRun{run}})
}

// inWords is a finding as a text of one or more lines: what is wrong, why, and
// what to do about it.
func inWords(d Diagnostic) string {
	text := d.Summary
	if d.Detail != "" {
		text += "\n" + d.Detail
	}
	if d.Fix != nil && d.Fix.Message != "" {
		text += "\nfix: " + d.Fix.Message
	}
	return text
}

// sarifRules describes the codes of a list.
func sarifRules(list List) []sarifRule {
	rules := []sarifRule{}
	for _, doc := range Codes() {
		if !slices.ContainsFunc(list, func(d Diagnostic) bool { return d.Code == doc.Code }) {
			continue
		}
		text := strings.ReplaceAll(doc.Text, "\n", " ")
		first, _, _ := strings.Cut(text, ". ")
		rules = append(rules, sarifRule{
			ID:      doc.Code,
			Short:   sarifText{strings.TrimSuffix(first, ".") + "."},
			Full:    sarifText{text},
			Help:    sarifHelp{text + "\n\nFor example:\n\n" + doc.Example, text + "\n\nFor example:\n\n```yaml\n" + doc.Example + "```\n"},
			HelpURI: diagnosticsURI + "#" + string(doc.Code),
		})
	}
	return rules
}

func (s *Sources) sarifPlace(span Span) (sarifPhysical, bool) {
	place := s.jsonPlace(span)
	if place == nil {
		return sarifPhysical{}, false
	}
	return sarifPhysical{sarifFile(place.File), sarifRegion{
		place.Start.Line, place.Start.Column, place.End.Line, place.End.Column,
		place.Start.Offset, place.End.Offset - place.Start.Offset,
	}}, true
}

// sarifFile names a file by a URI: relative to the root of the sources, or
// absolute.
func sarifFile(name string) sarifArtifact {
	name = path.Clean(filepath.ToSlash(name))
	uri := escapedPath(name)
	if path.IsAbs(name) {
		return sarifArtifact{URI: "file://" + uri}
	}
	if first, _, _ := strings.Cut(uri, "/"); strings.Contains(first, ":") {
		uri = "./" + uri // or it would be a scheme
	}
	return sarifArtifact{URI: uri, Base: "%SRCROOT%"}
}

// escapedPath writes a path as a URI has it.
func escapedPath(name string) string {
	var out strings.Builder
	for i := range len(name) {
		c := name[i]
		if c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || strings.IndexByte("/-._~!$&'()*+,;=:@", c) >= 0 {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	return out.String()
}
