package diag

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCodes(t *testing.T) {
	docs, err := readCatalog()
	if err != nil {
		t.Fatal(err)
	}
	kebab := regexp.MustCompile(`^[a-z]+(-[a-z0-9]+)*$`)
	seen := map[Code]bool{}
	for _, d := range docs {
		if !kebab.MatchString(string(d.Code)) {
			t.Errorf("%s is not kebab-case", d.Code)
		}
		if seen[d.Code] {
			t.Errorf("%s is there twice", d.Code)
		}
		seen[d.Code] = true
		if strings.Contains(d.Example, "\t") {
			t.Errorf("%s: the example holds a tab", d.Code)
		}
		if !strings.HasSuffix(d.Text, ".") {
			t.Errorf("%s: the text does not end with a full stop: %q", d.Code, d.Text)
		}
	}
	if !seen[UnknownKey] {
		t.Errorf("no %s among %d codes", UnknownKey, len(docs))
	}
}

func TestExplain(t *testing.T) {
	got, ok := Explain(UnknownKey)
	if !ok || got.Code != UnknownKey || !strings.Contains(got.Example, "load:") {
		t.Errorf("Explain(%s) = %+v, %v", UnknownKey, got, ok)
	}
	if got, ok := Explain("no-such-code"); ok {
		t.Errorf("Explain of an unknown code = %+v", got)
	}
	if list := Codes(); len(list) > 0 {
		list[0].Code = "changed"
		if Codes()[0].Code == "changed" {
			t.Error("a caller can change the catalog")
		}
	}
}

func TestParseCodes(t *testing.T) {
	const head = "package diag\n\n"
	tests := []struct {
		name, text string
		want       []CodeDoc
		err        string
	}{
		{
			name: "two",
			text: head + `
const (
	// BadName: a name that
	// is not allowed.
	//
	//	steps:
	//	  Load: {run: x}
	//
	// It has a reason.
	BadName Code = "bad-name"

	// TwoNames: said twice.
	//
	//	a: 1
	//
	//	a: 2
	TwoNames Code = "two-names"
)`,
			want: []CodeDoc{
				{"bad-name", "A name that\nis not allowed.\n\nIt has a reason.", "steps:\n  Load: {run: x}\n"},
				{"two-names", "Said twice.", "a: 1\n\na: 2\n"},
			},
		},
		{
			name: "no comment",
			text: head + "const (\n\tBadName Code = \"bad-name\"\n)",
			err:  `codes.go:4:2: BadName: the comment does not begin with "BadName: "`,
		},
		{
			name: "no example",
			text: head + "const (\n\t// BadName: a name.\n\tBadName Code = \"bad-name\"\n)",
			err:  "codes.go:5:2: BadName: the comment needs a sentence and an example, indented by a tab",
		},
		{
			name: "another type",
			text: head + "const (\n\t// BadName: a name.\n\tBadName = \"bad-name\"\n)",
			err:  `codes.go:5:2: BadName: want one constant of the form BadName Code = "..."`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseCodes("codes.go", []byte(tt.text))
			if tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Fatalf("error %v, want %s", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}
