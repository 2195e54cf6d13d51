package record

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPathSetText(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"_", "_"},
		{"0", "0"},
		{"0-41,43-9999", "0-41,43-9999"},
		{"43-50,0-41", "0-41,43-50"},
		{"0-3,4-7", "0-7"},
		{"0-9,3-5", "0-9"},
		{"4.0,3.0-7", "3.0-7,4.0"},
		{"_,10.1,9.1", "_,9.1,10.1"},
		{"5,5,5", "5"},
		{"0,2,1", "0-2"},
	} {
		s, err := ParsePathSet(c.in)
		if err != nil {
			t.Errorf("%q: %v", c.in, err)
			continue
		}
		if got := s.String(); got != c.want {
			t.Errorf("%q prints %q, want %q", c.in, got, c.want)
		}
	}
}

func TestPathSetRefuses(t *testing.T) {
	for _, in := range []string{",", "0,", "a", "3-1", "1-", "-1", "_-3", "0-01", "01", "1.2-", "0-4.5", "1.-2", "0--1",
		"99999999999999999999", "0-99999999999999999999", "0.0.0.0.0.0.0.0.0"} {
		if s, err := ParsePathSet(in); err == nil {
			t.Errorf("%q was read as %q", in, s)
		} else if !strings.Contains(err.Error(), "malformed") {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestPathSetExtremes(t *testing.T) {
	s, err := ParsePathSet("0-9223372036854775806,9223372036854775807")
	if err != nil {
		t.Fatal(err)
	}
	if !s.Contains(Path{math.MaxInt}) || !s.Contains(Path{0}) || s.Contains(Path{}) || s.Contains(Path{0, 0}) {
		t.Errorf("wrong members in %s", s)
	}
	if s.Len() != math.MaxInt {
		t.Errorf("length %d", s.Len())
	}
	n := 0
	for range s.All() { // a hostile range must not be expanded before it is used
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("yielded %d paths", n)
	}
}

// A PathSet behaves as a plain set of texts.
func TestPathSetIsASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s PathSet
		plain := map[string]Path{}
		path := rapid.Custom(func(t *rapid.T) Path {
			return Path(rapid.SliceOfN(rapid.IntRange(0, 6), 0, 3).Draw(t, "path"))
		})
		for _, p := range rapid.SliceOf(path).Draw(t, "paths") {
			s.Add(p)
			plain[p.String()] = p
		}
		if s.Len() != len(plain) {
			t.Fatalf("%s has length %d, want %d", s, s.Len(), len(plain))
		}
		back, err := ParsePathSet(s.String())
		if err != nil {
			t.Fatal(err)
		}
		if back.String() != s.String() {
			t.Fatalf("%s reads back as %s", s, back)
		}
		var other PathSet
		other.Union(s)
		for _, set := range []PathSet{s, back, other} {
			got := slices.Collect(set.All())
			if len(got) != len(plain) {
				t.Fatalf("%s yields %d paths, want %d", set, len(got), len(plain))
			}
			for _, p := range got {
				if _, ok := plain[p.String()]; !ok {
					t.Fatalf("%s yields %s", set, p)
				}
			}
		}
		p := path.Draw(t, "other")
		if _, in := plain[p.String()]; s.Contains(p) != in {
			t.Fatalf("%s contains %s: %v", s, p, s.Contains(p))
		}
	})
}

func FuzzParsePathSet(f *testing.F) {
	for _, seed := range []string{"", "_", "0-41,43-9999", "3.0-7,4.0", "0-3,2-9", "9-1", "1.2.3.4-5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		s, err := ParsePathSet(in)
		if err != nil {
			return
		}
		text := s.String()
		back, err := ParsePathSet(text)
		if err != nil || back.String() != text {
			t.Fatalf("%q prints %q, which reads as %q (%v)", in, text, back, err)
		}
	})
}
