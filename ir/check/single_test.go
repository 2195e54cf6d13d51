package check_test

import (
	"regexp"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowc-dev/flowc/conformance/random"
	"github.com/flowc-dev/flowc/diag"
)

// mistakes are edits of a valid flow. The first group of the pattern is what is
// replaced.
var mistakes = []struct {
	pattern *regexp.Regexp
	with    string
	codes   []diag.Code
}{
	{regexp.MustCompile(`\b([a-z]+[0-9]+)\.[a-z]`), "nowhere", []diag.Code{diag.UnknownStep}},
	{regexp.MustCompile(`\b[a-z]+[0-9]+\.([a-z][a-z0-9]*)\b`), "nothing", []diag.Code{diag.UnknownPort}},
	{regexp.MustCompile(`\bparams\.([a-z]+)\b`), "nothing", []diag.Code{diag.UnknownParam}},
	{regexp.MustCompile(`\boutputs: \{[a-z]+: (int)\b`), "itn", []diag.Code{diag.UnknownType}},
	{regexp.MustCompile(`type: (bool), default`), "boool", []diag.Code{diag.UnknownType}},
}

// One mistake in a valid flow is one finding, at its place.
func TestOneMistakeOneFinding(t *testing.T) {
	tried := map[int]int{}
	rapid.Check(t, func(rt *rapid.T) {
		text := random.Flow(rt)
		which := rapid.IntRange(0, len(mistakes)-1).Draw(rt, "mistake")
		m := mistakes[which]
		found := m.pattern.FindAllStringSubmatchIndex(text, -1)
		if len(found) == 0 {
			return
		}
		at := rapid.SampledFrom(found).Draw(rt, "place")
		start, end := at[2], at[3]
		wrong := text[:start] + m.with + text[end:]
		_, list, srcs := build(wrong)
		list = slices.DeleteFunc(list, func(d diag.Diagnostic) bool { return d.Severity != diag.Error })
		if len(list) != 1 || !slices.Contains(m.codes, list[0].Code) || int(list[0].Span.Start) != start {
			rt.Fatalf("%s for %s, %d findings:\n%s\n%s", m.with, text[start:end], len(list), wrong, render(list, srcs))
		}
		tried[which]++
	})
	t.Logf("tried: %v", tried)
}
