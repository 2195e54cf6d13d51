package runs

import (
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/record"
)

func TestParseAddress(t *testing.T) {
	for text, want := range map[string]Address{
		"latest":                 {Run: "latest"},
		"latest_successful":      {Run: "latest_successful"},
		"churn@latest":           {Flow: "churn", Run: "latest"},
		"20261122-193000-x7f2":   {Run: "20261122-193000-x7f2"},
		"2026/fit":               {Run: "2026", Step: "fit"},
		"f@2026/fit[3.0]":        {Flow: "f", Run: "2026", Step: "fit", Path: record.Path{3, 0}},
		"latest/fit[3.0]/model":  {Run: "latest", Step: "fit", Path: record.Path{3, 0}, Artifact: "model"},
		"latest/fit/model":       {Run: "latest", Step: "fit", Artifact: "model"},
		"latest/fit[_]":          {Run: "latest", Step: "fit", Path: record.Path{}},
		"latest/fit[b3]":         {Run: "latest", Step: "fit", Unit: "b3"},
		"latest/fit[0.b3]":       {Run: "latest", Step: "fit", Unit: "0.b3"},
		"latest/call.fit[1]/out": {Run: "latest", Step: "call.fit", Path: record.Path{1}, Artifact: "out"},
	} {
		got, err := ParseAddress(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got.String() != text || got.Flow != want.Flow || got.Run != want.Run || got.Step != want.Step || got.Artifact != want.Artifact ||
			got.Unit != want.Unit || (got.Path == nil) != (want.Path == nil) || got.Path.Compare(want.Path) != 0 {
			t.Errorf("%s reads as %+v, which prints %s", text, got, got)
		}
	}
}

func TestParseAddressRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "it is empty",
		"/fit":                   "names no run",
		"fit[3.0]":               "write RUN/STEP[3.0], for example latest/fit[3.0]",
		"fit[3.0]/model":         "latest/fit[3.0]/model",
		"Latest":                 "is no id of a run",
		"a b":                    "is no id of a run",
		"a@b@c":                  "is no id of a run",
		"@latest":                "no name of a flow",
		"latest/":                "no name of a step",
		"latest/fit[3":           "a ] is missing",
		"latest/fit[x]":          "malformed index path",
		"latest/fit[]":           "malformed index path",
		"latest/fit[3.0]x":       "a ] is missing",
		"latest/fit/":            "no name of an artifact",
		"latest/fit/a/b":         "more parts",
		"latest/fit[b3]/model":   "a container of a batch has no artifacts",
		"latest/../x":            "no name of a step",
		"latest/fi\x1b[2Jt":      "no name of a step",
		strings.Repeat("a", 2e3): "too long",
	} {
		_, err := ParseAddress(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
		if err != nil && strings.ContainsAny(err.Error(), "\x1b\n") {
			t.Errorf("%q: the error would change a terminal", text)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, seed := range []string{"latest", "f@latest/fit[3.0]/model", "x/y[b3]", "a@b/c[_]", "[", "a/b[0.b1]", "//", "a/b[1.2.3.4.5.6.7.8.9]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseAddress(text)
		if err != nil {
			return
		}
		if a.String() != text {
			t.Fatalf("%q prints as %q", text, a)
		}
	})
}
