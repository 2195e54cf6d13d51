package contract

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCanonicalLayout(t *testing.T) {
	doc := Step{V: 1, Flow: "f", Step: "s", Script: &Script{Text: strings.Repeat("echo <a>, {b} \"c\"\n", 6)},
		Outputs: []Output{{Name: "rows", Type: "list<file>"}}}
	got, err := Canonical(doc)
	if err != nil {
		t.Fatal(err)
	}
	want := `{
  "v": 1,
  "flow": "f",
  "step": "s",
  "outputs": [{"name":"rows","type":"list<file>"}],
  "script": {
    "text": "` + strings.Repeat(`echo <a>, {b} \"c\"\n`, 6) + `"
  }
}
`
	if string(got) != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// Canonical text means the same as the compact text, and prints to itself.
func TestCanonicalKeepsMeaning(t *testing.T) {
	value := rapid.Custom(func(t *rapid.T) any { return randomJSON(t, 4) })
	rapid.Check(t, func(t *rapid.T) {
		v := value.Draw(t, "v")
		text, err := Canonical(v)
		if err != nil {
			t.Fatal(err)
		}
		var a, b bytes.Buffer
		flat, _ := json.Marshal(v)
		if err := json.Compact(&a, flat); err != nil {
			t.Fatal(err)
		}
		var back any
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		again, _ := json.Marshal(back)
		if err := json.Compact(&b, again); err != nil {
			t.Fatal(err)
		}
		if a.String() != b.String() {
			t.Fatalf("meaning changed:\n%s\n%s", a.String(), b.String())
		}
		second, _ := Canonical(json.RawMessage(text))
		if !bytes.Equal(text, second) {
			t.Fatalf("not stable:\n%s\n%s", text, second)
		}
	})
}

func randomJSON(t *rapid.T, depth int) any {
	kind := rapid.IntRange(0, 5).Draw(t, "kind")
	if depth == 0 {
		kind %= 4
	}
	switch kind {
	case 0:
		return rapid.String().Draw(t, "s")
	case 1:
		return float64(rapid.IntRange(-1000, 1000).Draw(t, "n"))
	case 2:
		return rapid.Bool().Draw(t, "b")
	case 3:
		return nil
	case 4:
		out := make([]any, rapid.IntRange(0, 5).Draw(t, "len"))
		for i := range out {
			out[i] = randomJSON(t, depth-1)
		}
		return out
	}
	out := map[string]any{}
	for range rapid.IntRange(0, 5).Draw(t, "len") {
		out[rapid.String().Draw(t, "k")] = randomJSON(t, depth-1)
	}
	return out
}
