package diag

import (
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"
)

// WriteGitHub renders the findings, sorted and each once, as workflow commands
// of GitHub Actions, one a line, which become annotations of the changed files:
//
//	::error file=flow.yaml,line=4,endLine=4,col=5,endColumn=9,title=unknown-key::a step has no key `runs`
//
// Lines and columns count from 1, columns in characters. GitHub takes columns
// only where a finding stands in one line.
func WriteGitHub(w io.Writer, list List, srcs *Sources) error {
	var out strings.Builder
	for _, d := range list.Sorted() {
		command := d.Severity.String()
		if d.Severity == Note {
			command = "notice"
		}
		var properties []string
		property := func(key, value string) {
			properties = append(properties, key+"="+inProperty.Replace(value))
		}
		if at := srcs.jsonPlace(d.Span); at != nil {
			property("file", path.Clean(filepath.ToSlash(at.File)))
			property("line", fmt.Sprint(at.Start.Line))
			property("endLine", fmt.Sprint(at.End.Line))
			if at.Start.Line == at.End.Line {
				property("col", fmt.Sprint(at.Start.Column))
				property("endColumn", fmt.Sprint(at.End.Column))
			}
		}
		if d.Code != "" {
			property("title", string(d.Code))
		}
		out.WriteString("::" + command)
		if len(properties) > 0 {
			out.WriteString(" " + strings.Join(properties, ","))
		}
		out.WriteString("::" + inMessage.Replace(inWords(d)) + "\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// What would end a property or the line is written as GitHub decodes it.
var (
	inMessage  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	inProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
