package diag

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func TestSorted(t *testing.T) {
	a, b, c := Span{1, 5, 6}, Span{1, 5, 9}, Span{2, 0, 1}
	var l List
	l.Error("x", c, "in the second file")
	l.Warn("x", b, "longer")
	l.Error("z", a, "same place")
	l.Error("y", a, "same place").Because("kept: it was first")
	l.Error("y", a, "same place").Because("dropped: it says the same")
	l.Warn("a", a, "same place")
	l.Error("y", a, "another summary")
	l.Note("x", Span{}, "no place")

	var got []string
	for _, d := range l.Sorted() {
		got = append(got, d.Severity.String()+" "+string(d.Code)+" "+d.Summary+" "+d.Detail)
	}
	want := []string{
		"note x no place ",
		"error y another summary ",
		"error y same place kept: it was first",
		"error z same place ",
		"warning a same place ",
		"warning x longer ",
		"error x in the second file ",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if len(l) != 8 || !l.HasErrors() {
		t.Errorf("the list itself changed: %d findings", len(l))
	}
}

func TestSortedProperties(t *testing.T) {
	word := rapid.SampledFrom([]string{"a", "b"})
	finding := rapid.Custom(func(t *rapid.T) Diagnostic {
		return Diagnostic{
			Severity: Severity(rapid.IntRange(0, 3).Draw(t, "severity")),
			Code:     Code(word.Draw(t, "code")),
			Summary:  word.Draw(t, "summary"),
			Span:     Span{FileID(rapid.IntRange(0, 2).Draw(t, "file")), rapid.Int32Range(0, 2).Draw(t, "start"), 3},
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		l := List(rapid.SliceOf(finding).Draw(t, "list"))
		sorted := l.Sorted()
		if d := cmp.Diff(sorted, List(rapid.Permutation(l).Draw(t, "shuffled")).Sorted(), cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("the order of reports matters: %s", d)
		}
		if d := cmp.Diff(sorted, sorted.Sorted(), cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("sorting twice changes something: %s", d)
		}
		if sorted.HasErrors() != l.HasErrors() {
			t.Fatal("an error got lost")
		}
	})
}

func TestFluent(t *testing.T) {
	var l List
	at := Span{1, 2, 3}
	l.Error("x", at, "s").Because("d").See(at, "there").See(Span{}, "no place").Advise("do")
	l.Warn("y", at, "s").Replace(at, "new", "write new")
	want := List{
		{Severity: Error, Code: "x", Summary: "s", Detail: "d", Span: at, Related: []Related{{at, "there"}}, Fix: &Fix{Message: "do"}},
		{Severity: Warning, Code: "y", Summary: "s", Span: at, Fix: &Fix{Message: "write new", Span: at, Replace: "new"}},
	}
	if d := cmp.Diff(want, l); d != "" {
		t.Error(d)
	}
	for s, name := range map[Severity]string{0: "invalid", Error: "error", Warning: "warning", Note: "note", 9: "invalid"} {
		if s.String() != name {
			t.Errorf("severity %d is called %s", s, s)
		}
	}
}
