package engine

import (
	"slices"
	"strings"
	"testing"
)

func TestLines(t *testing.T) {
	var got []string
	ev := newEvents(func(e Event) { got = append(got, e.(LogLine).Line) })
	l := &lines{events: ev, task: TaskID{Step: "a", Path: "_", Attempt: 1}}
	for _, part := range []string{"one\ntw", "o\r\n\n", "three", "\nrest"} {
		if n, err := l.Write([]byte(part)); n != len(part) || err != nil {
			t.Fatal(n, err)
		}
	}
	l.close()
	l.close()
	if want := []string{"one", "two", "", "three", "rest"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	got = nil
	for range 5 {
		l.Write([]byte(strings.Repeat("x", 20<<10)))
	}
	if len(got) != 1 || len(got[0]) != 80<<10 {
		t.Errorf("a line without end is cut into %d pieces", len(got))
	}
}

// What a task says must not move the cursor of whoever reads the report.
func TestExplainIsPlain(t *testing.T) {
	r := &Report{Run: "r", Status: "failed", More: 2, Failures: []Failure{{Step: "a", Path: "0", Tail: []string{"\x1b[2Jgone\ttab"}}}}
	r.Failures[0].Error.Kind, r.Failures[0].Error.Message = "error", "bad\nnews\x07"
	want := `a[0] failed: bad news�
  kind error, no retries
  the end of its log:
    | �[2Jgone tab
  all of it:  flowc runs logs 'r/a[0]'

2 more tasks failed

what is done is kept; to do the rest:  flowc resume r
`
	if got := r.Explain(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for in, want := range map[string]string{"a": "a", "a b": "'a b'", "it's": `'it'\''s'`, "": "''", "s3://b/c": "s3://b/c", "r/fit[3.0]": "'r/fit[3.0]'", "$x": "'$x'"} {
		if got := Command(in); got != want {
			t.Errorf("%s is written %s, want %s", in, got, want)
		}
	}
}
