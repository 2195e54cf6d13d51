package resolve

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/expr"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/count"
	"github.com/flowc-dev/flowc/store/mem"
)

// fataler is a *testing.T or a *rapid.T.
type fataler interface {
	Helper()
	Fatal(args ...any)
}

// world is a run in a store, and the tables of a reader.
type world struct {
	t      fataler
	store  *count.Store
	keys   record.Keys
	tables contract.Tables
}

func newWorld(t fataler) *world {
	return &world{t: t, store: count.New(mem.New("test")), keys: record.Keys{Flow: "f", Run: "r"},
		tables: contract.Tables{Steps: map[string]contract.StepPlace{}, Blocks: map[string]contract.BlockPlace{}}}
}

func (w *world) resolver() *Resolver { return New(Options{Store: w.store, Keys: w.keys}) }

// value reads a reference from a path, as JSON text; an error is its text.
func (w *world) value(ref contract.Ref, path ...int) string {
	return w.show(w.resolver().Value(context.Background(), &contract.Expr{Refs: []contract.Ref{ref}, Type: ref.Type}, &w.tables, path))
}

func (w *world) show(v any, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	text, err := json.Marshal(v)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

func put[T record.Document](w *world, key string, doc T) {
	if err := store.PutJSON(context.Background(), w.store, key, doc); err != nil {
		w.t.Helper()
		w.t.Fatal(err)
	}
}

// result stores a task's result with one output v, and what it decided.
func (w *world) result(step string, p record.Path, v string, controls map[string]record.Control) {
	res := record.Result{Status: record.OK, Nonce: "n", Control: controls}
	if v != "" {
		res.Outputs = map[string]record.Value{"v": {Type: typeOf(v), Value: record.Raw(v)}}
	}
	put(w, w.keys.Result(step, p), res)
}

func typeOf(v string) string {
	if strings.HasPrefix(v, `"`) {
		return "string"
	}
	return "int"
}

func code(t testing.TB, c expr.Code) json.RawMessage {
	data, err := c.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func bare(ref contract.Ref) contract.Expr {
	return contract.Expr{Refs: []contract.Ref{ref}, Type: ref.Type}
}

func ptr[T any](v T) *T { return &v }

func byStep(step string, depth int) *contract.Control {
	return &contract.Control{By: contract.ByStep, Step: step, Depth: depth}
}

func constant(c record.Control) *contract.Control {
	return &contract.Control{By: contract.ByConst, Const: &c}
}

func stepRef(step, typ string) contract.Ref { return contract.Ref{Step: step, Port: "v", Type: typ} }
func blockRef(block, typ string) contract.Ref {
	return contract.Ref{Block: block, Port: "v", Type: typ}
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %s, want %s", what, got, want)
	}
}

func expectError(t *testing.T, what, got string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.HasPrefix(got, "error: ") || !strings.Contains(got, part) {
			t.Errorf("%s: got %s, want an error with %q", what, got, part)
		}
	}
}

func path(text string) record.Path {
	p, err := record.ParsePath(text)
	if err != nil {
		panic(fmt.Sprint(text, err))
	}
	return p
}
