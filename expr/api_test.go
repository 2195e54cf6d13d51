package expr

import (
	"encoding/json"
	"testing"

	"github.com/flowc-dev/flowc/types"
)

func TestRoundTripAndEval(t *testing.T) {
	code := New(OpAdd, Ref(0), Call(FunctionNamed("sum"), Const(types.List{Elem: types.Int}, []any{int64(1), int64(2)})))
	text, err := json.Marshal(code)
	if err != nil {
		t.Fatal(err)
	}
	if want := `["+",["ref",0],["call","sum",["const","list\u003cint\u003e",[1,2]]]]`; string(text) != want {
		t.Fatalf("wire form\n%s\nwant\n%s", text, want)
	}
	var back Code
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if !back.Equal(code) {
		t.Fatal("not the same Code")
	}
	asked := 0
	v, err := Eval(back, func(i int) (any, error) { asked++; return int64(4), nil })
	if err != nil || v != int64(7) || asked != 1 {
		t.Fatal(v, err, asked)
	}
}
