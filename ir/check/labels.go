package check

import (
	"fmt"
	"strings"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
)

const (
	maxTags = 50
	maxTag  = 100
)

// checkLabels holds labels to what Kubernetes takes, the strictest target.
func (c *checker) checkLabels(labels []ast.KV) {
	for _, kv := range labels {
		key := kv.Key.Value
		if key == "" {
			continue
		}
		prefix, name, hasPrefix := strings.Cut(key, "/")
		if !hasPrefix {
			prefix, name = "", key
		}
		switch {
		case hasPrefix && !isDomain(prefix) || !isLabel(name):
			c.diags.Error(diag.BadLabel, kv.Key.Span, fmt.Sprintf("`%s` can't be the name of a label", clip(key))).
				Advise("use at most 63 letters, digits and `-_.`, with a letter or digit at both ends; before a `/` may stand a domain")
		case prefix == "flowc.dev" || strings.HasSuffix(prefix, ".flowc.dev"):
			c.diags.Error(diag.BadLabel, kv.Key.Span, "labels of flowc.dev are the compiler's own").
				Advise("choose another name")
		}
		if v := kv.Value.Value; v != "" && !isLabel(v) {
			c.diags.Error(diag.BadLabel, kv.Value.Span, fmt.Sprintf("`%s` can't be the value of a label", clip(v))).
				Advise("use at most 63 letters, digits and `-_.`, with a letter or digit at both ends")
		}
	}
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

func isLabel(s string) bool {
	return s != "" && len(s) <= 63 && strings.Trim(s, letters+"-_.") == "" &&
		strings.Trim(s[:1]+s[len(s)-1:], letters) == ""
}

func isDomain(s string) bool {
	if s == "" || len(s) > 253 || s != strings.ToLower(s) {
		return false
	}
	for part := range strings.SplitSeq(s, ".") {
		if !isLabel(part) || strings.Contains(part, "_") {
			return false
		}
	}
	return true
}

func (c *checker) checkTags(tags []ast.Str) {
	if len(tags) > maxTags {
		c.diags.Error(diag.BadTag, tags[maxTags].Span, fmt.Sprintf("a flow has at most %d tags", maxTags))
	}
	first := map[string]diag.Span{}
	for _, t := range tags {
		switch {
		case !t.Span.Valid():
		case strings.TrimSpace(t.Value) == "":
			c.diags.Error(diag.BadTag, t.Span, "the tag is empty")
		case len(t.Value) > maxTag || strings.ContainsFunc(t.Value, func(r rune) bool { return r < ' ' || r == 0x7f || r == ',' }):
			c.diags.Error(diag.BadTag, t.Span, fmt.Sprintf("`%s` can't be a tag", clip(t.Value))).
				Advise("use at most 100 characters on one line, without commas")
		case first[t.Value].Valid():
			c.diags.Error(diag.DuplicateName, t.Span, fmt.Sprintf("there are two tags `%s`", clip(t.Value))).
				See(first[t.Value], "the other one")
		default:
			first[t.Value] = t.Span
		}
	}
}
