package compile

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowc-dev/flowc/diag"
)

func TestSilence(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string // line: severity code: summary
	}{
		{"nothing silenced", "flow: f\nparams: {a: int}\nsteps: {x: {run: ls}}\n", []string{"2: warning unused"}},
		{"on the line", "flow: f\nparams: {a: int}   # flowc: ignore unused\nsteps: {x: {run: ls}}\n", nil},
		{"above it", "flow: f\n# flowc: ignore unused\nparams: {a: int}\nsteps: {x: {run: ls}}\n", nil},
		{"above it, with more between", "flow: f\n# flowc: ignore unused\n\n# more\nparams: {a: int}\nsteps: {x: {run: ls}}\n", nil},
		{"with a reason", "flow: f\nparams: {a: int} #flowc:ignore unused kept for the old callers\nsteps: {x: {run: ls}}\n", nil},
		{"two on one line", "flow: f\nparams: {a: int, b: int} # flowc: ignore unused\nsteps: {x: {run: ls}}\n", nil},
		{"two codes", "flow: f\nparams: {a: int}\nsteps:\n  # flowc: ignore never-runs, unused\n  x: {when: 1 > 2, run: ls}\n",
			[]string{"2: warning unused", "4: warning unused-ignore: there is no warning `unused` to ignore in line 5"}},
		{"another line", "flow: f\nparams:\n  a: int   # flowc: ignore unused\n  b: int\nsteps: {x: {run: ls}}\n", []string{"4: warning unused"}},
		{"another code", "flow: f\nparams: {a: int}   # flowc: ignore never-runs\nsteps: {x: {run: ls}}\n",
			[]string{"2: warning unused", "2: warning unused-ignore: there is no warning `never-runs` to ignore in line 2"}},
		{"no code", "flow: f # flowc: ignore\nsteps: {x: {run: ls}}\n", []string{"1: warning unused-ignore: the comment doesn't say what to ignore"}},
		{"a misspelt code", "flow: f\nparams: {a: int}   # flowc: ignore unusd\nsteps: {x: {run: ls}}\n",
			[]string{"2: warning unused", "2: warning unused-ignore: there is no code `unusd`"}},
		{"an error", "flow: f\nsteps: {x: {run: ls, inputs: [params.a]}} # flowc: ignore unknown-param\n",
			[]string{"2: error unknown-param", "2: warning unused-ignore: `unknown-param` is an error here, and errors can't be silenced"}},
		{"idle, but there are errors", "flow: f\nparams: {a: int} # flowc: ignore unused\nsteps: {x: {run: ls, inputs: [params.b, params.a]}}\n",
			[]string{"3: error unknown-param"}},
		{"itself", "flow: f # flowc: ignore unused-ignore\nsteps: {x: {run: ls}}\n",
			[]string{"1: warning unused-ignore: there is no warning `unused-ignore` to ignore in line 1"}},
		{"in a script", "flow: f\nparams: {a: int}\nsteps:\n  x:\n    run: |\n      # flowc: ignore nonsense\n      ls\n", []string{"2: warning unused"}},
		{"in a text", "flow: f\ndoc: 'write # flowc: ignore nonsense'\nsteps: {x: {run: ls}}\n", nil},
		{"at the end of the file", "flow: f\nsteps: {x: {run: ls}}\n# flowc: ignore unused\n",
			[]string{"3: warning unused-ignore: there is no warning `unused` to ignore in line 4"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, mark := range []string{"", "\ufeff"} {
				srcs := &diag.Sources{}
				srcs.Add("another.yaml", []byte("flow: other\n"))
				r := File(srcs, "flow.yaml", []byte(mark+tt.text))
				var got []string
				for _, d := range r.Findings {
					text := fmt.Sprintf("%d: %s %s", srcs.File(d.Span.File).Pos(d.Span.Start).Line, d.Severity, d.Code)
					if d.Code == diag.UnusedIgnore {
						text += ": " + d.Summary
					}
					got = append(got, text)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Error(diff)
				}
				if r.OK() == strings.Contains(strings.Join(got, "\n"), " error ") {
					t.Errorf("OK is %t", r.OK())
				}
			}
		})
	}
}
