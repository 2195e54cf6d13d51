package yaml

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestLanguageNamesKeys: the specification knows every key that is read.
func TestLanguageNamesKeys(t *testing.T) {
	page, err := os.ReadFile("../../docs/language.md")
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]bool{}
	for _, span := range regexp.MustCompile("`[^`\n]+`").FindAllString(string(page), -1) {
		for _, word := range strings.FieldsFunc(span, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }) {
			words[word] = true
		}
	}
	for _, s := range []*shape{
		flowShape, paramShape, scheduleShape, packageShape, defaultsShape, resourcesShape, retryShape,
		cacheShape, secretShape, nodeShape, argShape, caseShape, loopShape, carryShape,
	} {
		for _, key := range slices.Concat(s.keys, s.later) {
			if !words[key] {
				t.Errorf("%s: the key %s is not on the page", s.what, key)
			}
		}
		for key, other := range s.renamed {
			if slices.Contains(s.keys, key) || !slices.Contains(s.keys, other) {
				t.Errorf("%s: %s cannot be called %s", s.what, key, other)
			}
		}
		for key := range s.advice {
			if slices.Contains(s.keys, key) || slices.Contains(s.later, key) {
				t.Errorf("%s: there is advice against its own key %s", s.what, key)
			}
		}
	}
}
