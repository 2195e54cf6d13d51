package runtime

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
)

// Token is what an orchestrator reads about one node that a task decides: the
// key record.Keys.Token holds it, shaped so that a state machine can use it as
// it is. Nothing in it is text of a user.
type Token struct {
	V      int     `json:"v"`
	Gate   *bool   `json:"gate,omitempty"`
	N      *int    `json:"n,omitempty"`      // containers of a foreach
	Chunks []Chunk `json:"chunks,omitempty"` // 0..n-1 in parts of at most ChunkSize
	Arrays []Array `json:"arrays,omitempty"` // the same as array jobs
	Case   *string `json:"case,omitempty"`   // number of the case from 0, "else", or "" for none
	Again  *bool   `json:"again,omitempty"`
}

// Chunk is a range of indices, both included.
type Chunk struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// Array is an array job: its child i runs index Offset+i.
type Array struct {
	Size   int `json:"size"`
	Offset int `json:"offset"`
}

// Sizes of the parts of a foreach, as orchestrators can take them.
const (
	ChunkSize = 1000   // indices that one intrinsic function can make
	ArraySize = 10_000 // children of an array job
)

// token makes the token of a node from what was decided.
func token(c record.Control, decides []contract.Decision, node string) Token {
	t := Token{V: record.Version, Gate: c.Gate, Again: c.Again}
	if c.None {
		t.Case = new(string)
	}
	for _, d := range decides {
		if d.Node != node {
			continue
		}
		switch {
		case d.Kind == contract.DecideCount && c.Count != nil:
			n := *c.Count
			if d.Batch > 1 {
				n = (n + d.Batch - 1) / d.Batch
			}
			t.N = &n
			t.Chunks, t.Arrays = []Chunk{}, []Array{}
			for from := 0; from < n; from += ChunkSize {
				t.Chunks = append(t.Chunks, Chunk{from, min(from+ChunkSize, n) - 1})
			}
			arrays := (n + ArraySize - 1) / ArraySize
			for i := range arrays { // of nearly equal size: an array of one is not allowed
				from, to := i*n/arrays, (i+1)*n/arrays
				t.Arrays = append(t.Arrays, Array{to - from, from})
			}
		case d.Kind == contract.DecideCase && c.Case != nil:
			label := "else"
			if i := slices.Index(d.Labels, *c.Case); i >= 0 {
				label = strconv.Itoa(i)
			}
			t.Case = &label
		}
	}
	return t
}

// text is the token as a file that holds one word.
func (t Token) text() string {
	switch {
	case t.N != nil:
		return strconv.Itoa(*t.N)
	case t.Case != nil:
		return *t.Case
	case t.Again != nil:
		return strconv.FormatBool(*t.Again)
	case t.Gate != nil:
		return strconv.FormatBool(*t.Gate)
	}
	return ""
}

// publishTokens tells the orchestrator what was decided, in the way it reads.
func (j *job) publishTokens(ctx context.Context, path record.Path, won *record.Result) *failure {
	if j.task.Tokens == "" && !j.cfg.TokenObjects {
		return nil
	}
	return publishTokens(ctx, j.cfg, j.task.Tokens, path, won.Control, j.step.Decides)
}

func publishTokens(ctx context.Context, cfg *Config, dir string, path record.Path, controls map[string]record.Control, decides []contract.Decision) *failure {
	for _, node := range slices.Sorted(maps.Keys(controls)) {
		t := token(controls[node], decides, node)
		if dir != "" {
			if err := writeWhole(filepath.Join(dir, node), t.text()); err != nil {
				return localFailure("writing a token", err)
			}
		}
		if !cfg.TokenObjects {
			continue
		}
		text, err := json.Marshal(t)
		if err == nil {
			err = ignoreExists(cfg.Store.Put(ctx, cfg.keys().Token(node, path), bytes.NewReader(text)))
		}
		if err != nil {
			return classify(ctx, "writing a token", err)
		}
	}
	return nil
}

// writeWhole writes a file that is never seen half-written.
func writeWhole(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path+".part", []byte(text), 0o644); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}
