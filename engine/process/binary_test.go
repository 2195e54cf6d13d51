package process

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/runtime"
	"github.com/flowc-dev/flowc/store/mem"
)

func TestTailKeepsTheEnd(t *testing.T) {
	var w tail
	for i := range 10_000 {
		fmt.Fprintf(&w, "line %d\n", i)
	}
	fmt.Fprint(&w, "no end")
	lines := w.lines()
	if len(lines) != tailLines || lines[tailLines-1] != "no end" || lines[0] != "line 9981" {
		t.Errorf("%d lines: %v", len(lines), lines)
	}
	if w.Len() > 2*tailBytes {
		t.Errorf("%d bytes are kept", w.Len())
	}
	var long tail
	if n, err := long.Write([]byte(strings.Repeat("x", 1<<20))); n != 1<<20 || err != nil || long.Len() > 2*tailBytes {
		t.Errorf("%d %v, %d kept", n, err, long.Len())
	}
	if lines := new(tail).lines(); lines != nil {
		t.Errorf("nothing has the lines %q", lines)
	}
}

func TestEnviron(t *testing.T) {
	base := []string{"A=b"}
	b := Binary{Config: &runtime.Config{Store: mem.New(t.Name()), PlanDigest: "d", Flow: "f", Run: "r", Scratch: "/scratch", Environ: base,
		Secrets: func(store, key string) (string, error) {
			if key == "gone" {
				return "", errors.New("there is none")
			}
			return store + "." + key, nil
		}}}
	step := &contract.Step{Step: "s", Secrets: []contract.Secret{{Env: "T", Store: "db", Key: "token"}}}
	env, err := b.environ(runtime.Task{Step: "s", Path: record.Path{3, 0}, Attempt: 2}, step)
	want := []string{"A=b", "FLOWC_STORE=mem:TestEnviron", "FLOWC_PLAN=d", "FLOWC_RUN=r", "FLOWC_STEP=s", "FLOWC_INDEX=3.0", "FLOWC_ATTEMPT=2", "TMPDIR=/scratch", "T=db.token"}
	if err != nil || !slices.Equal(env, want) {
		t.Errorf("%v %v", env, err)
	}
	for _, s := range []contract.Secret{{Env: "T", Store: "db", Key: "gone"}, {File: "/x", Store: "db", Key: "token"}} {
		if _, err := b.environ(runtime.Task{Step: "s"}, &contract.Step{Step: "s", Secrets: []contract.Secret{s}}); err == nil || !strings.Contains(err.Error(), "db/"+s.Key) {
			t.Errorf("%+v: %v", s, err)
		}
	}
}
