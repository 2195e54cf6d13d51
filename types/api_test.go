package types

import "testing"

func TestRoundTrip(t *testing.T) {
	cfg := Record{Name: "Cfg", Fields: []Field{{"lr", Float}, {"depth", Optional{Int}}, {"mode", Enum{[]string{"b", "a b"}}}}}
	text := Encode(List{cfg})
	if want := `list<Cfg{depth: int?, lr: float, mode: enum<"a b"|b>}>`; text != want {
		t.Fatal(text)
	}
	back, err := Decode(text)
	if err != nil || !Equal(back, List{cfg}) {
		t.Fatal(back, err)
	}
	v, err := UnmarshalValue(List{cfg}, []byte(`[{"lr": 1, "mode":"b"}]`))
	if err != nil {
		t.Fatal(err)
	}
	b, err := MarshalValue(List{cfg}, v)
	if err != nil || string(b) != `[{"depth":null,"lr":1.0,"mode":"b"}]` {
		t.Fatal(string(b), err)
	}
}
