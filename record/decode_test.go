package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRoundTrip(t *testing.T) {
	for _, s := range samples() {
		text, err := s.encode(s.doc)
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
			continue
		}
		if !bytes.HasSuffix(text, []byte("}\n")) || bytes.Count(text, []byte("\n")) != 1 {
			t.Errorf("%s: not one line:\n%s", s.name, text)
		}
		back, err := s.decode(text)
		if err != nil {
			t.Errorf("%s: %v\n%s", s.name, err, text)
			continue
		}
		if d := cmp.Diff(s.doc, back); d != "" {
			t.Errorf("%s comes back changed (-want +got):\n%s", s.name, d)
		}
	}
}

// The samples leave out no field, so that no field escapes the other tests.
func TestSamplesSetEveryField(t *testing.T) {
	var zero func(v reflect.Value, path string)
	set, seen := map[string]bool{}, map[string]bool{}
	zero = func(v reflect.Value, path string) {
		switch v.Kind() {
		case reflect.Pointer:
			if !v.IsNil() {
				zero(v.Elem(), path)
			}
		case reflect.Slice:
			for i := range v.Len() {
				zero(v.Index(i), path)
			}
		case reflect.Map:
			for _, k := range v.MapKeys() {
				zero(v.MapIndex(k), path)
			}
		case reflect.Struct:
			if v.Type() == timeType {
				return
			}
			for i := range v.NumField() {
				name := v.Type().String() + "." + v.Type().Field(i).Name
				seen[name] = true
				set[name] = set[name] || !v.Field(i).IsZero()
				zero(v.Field(i), name)
			}
		}
	}
	for _, s := range samples() {
		zero(reflect.ValueOf(s.doc), s.name)
	}
	for name := range seen {
		if !set[name] {
			t.Errorf("%s is set in no sample", name)
		}
	}
}

func TestEncodeFillsInTheVersion(t *testing.T) {
	text, err := Encode(Ends{Iterations: 2})
	if err != nil || string(text) != `{"v":1,"iterations":2}`+"\n" {
		t.Errorf("%s, %v", text, err)
	}
	if _, err := Encode(Ends{V: 2}); !errors.Is(err, ErrMalformed) {
		t.Errorf("a record of another version is written: %v", err)
	}
}

// Values are canonical JSON with a digest, so their bytes must survive.
func TestEncodeKeepsTheBytesOfValues(t *testing.T) {
	text, err := Encode(sampleResult)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Decode[Result](text)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range sampleResult.Outputs {
		if !bytes.Equal(back.Outputs[name].Value, v.Value) {
			t.Errorf("%s: %q became %q", name, v.Value, back.Outputs[name].Value)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	claim := func(extra string) string {
		return `{"v":1,"nonce":"n","k":0,"orch_attempt":0,"started":"2026-11-22T19:30:00Z"` + extra + "}"
	}
	if _, err := Decode[Claim]([]byte(claim(""))); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ in, want string }{
		{"", "empty"},
		{" \n", "empty"},
		{"null", `no version`},
		{"[]", `no version`},
		{"7", `no version`},
		{"{}", `no version`},
		{`{"v":0}`, `no version`},
		{`{"v":null}`, `no version`},
		{`{"v":"1"}`, `no version`},
		{`{"v":1.5}`, `no version`},
		{`{"v":1e0}`, `no version`},
		{`{"v":1`, "unexpected end"},
		{claim("") + "x", "invalid character 'x'"},
		{claim("") + claim(""), "invalid character"},
		{claim(`,"extra":1`), `unknown field "extra"`},
		{claim(`,"Nonce":"m"`), `unknown field "Nonce"`},
		{claim(`,"nonce":"m"`), `the name "nonce" comes twice`},
		{claim(`,"host":null`), "host: null"},
		{claim(`,"host":1`), "host: a number does not belong"},
		{claim(`,"host":{"a":1}`), "host: a object does not belong"},
		{claim(`,"host":"` + "\xff" + `"`), "UTF-8"},
		{strings.Replace(claim(""), `"k":0`, `"k":-1`, 1), "k: it is negative"},
		{strings.Replace(claim(""), `"k":0`, `"k":99999999999999999999`, 1), "k: a number"},
		{strings.Replace(claim(""), `"nonce":"n"`, `"nonce":""`, 1), "nonce: it is empty"},
		{strings.Replace(claim(""), "2026-11-22T19:30:00Z", "yesterday", 1), "yesterday"},
		{strings.Replace(claim(""), `"2026-11-22T19:30:00Z"`, `{}`, 1), "Time"},
	} {
		_, err := Decode[Claim]([]byte(c.in))
		if !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\ngives %v, want %q", c.in, err, c.want)
		}
	}
}

func TestDecodeNewer(t *testing.T) {
	for _, in := range []string{`{"v":2}`, `{"v":2,"all":["is","different"]}`, `{"v":99,"nonce":7}`} {
		_, err := Decode[Claim]([]byte(in))
		if !errors.Is(err, ErrNewer) || errors.Is(err, ErrMalformed) {
			t.Errorf("%s gives %v, want ErrNewer", in, err)
		}
	}
}

func TestDecodeLimits(t *testing.T) {
	deep := func(n int) []byte {
		return []byte(`{"v":1,"items":[` + strings.Repeat("[", n) + strings.Repeat("]", n) + `]}`)
	}
	if _, err := Decode[ItemPage](deep(MaxNesting - 2)); err != nil {
		t.Errorf("at the limit of nesting: %v", err)
	}
	for _, n := range []int{MaxNesting - 1, 9_000, 20_000, 1_000_000} {
		if _, err := Decode[ItemPage](deep(n)); !errors.Is(err, ErrMalformed) {
			t.Errorf("nested %d deep: %v", n, err)
		}
	}
	big := []byte(`{"v":1,"iterations":1` + strings.Repeat(" ", int(Limit[Ends]())) + "}")
	if _, err := Decode[Ends](big); !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), "bytes") {
		t.Errorf("too big: %v", err)
	}
	if _, err := Encode(ItemPage{Items: []Raw{Raw(`"` + strings.Repeat("x", int(Limit[ItemPage]())) + `"`)}}); !errors.Is(err, ErrMalformed) {
		t.Errorf("writing what is too big: %v", err)
	}
	if _, err := Encode(ItemPage{Items: []Raw{Raw("{")}}); !errors.Is(err, ErrMalformed) {
		t.Errorf("writing a value that is no JSON: %v", err)
	}
}

// TestChecks breaks one thing at a time in a good record.
func TestChecks(t *testing.T) {
	result := func(f func(r *Result)) error { return broken(sampleResult, f) }
	caught := func(f func(r *Result)) error { return broken(sampleCaught, f) }
	run := func(f func(r *Run)) error { return broken(sampleRun, f) }
	summary := func(f func(r *Summary)) error { return broken(sampleSummary, f) }
	value := func(v Value) error {
		return result(func(r *Result) { r.Outputs["x"] = v })
	}
	control := func(c Control) error {
		return result(func(r *Result) { r.Control["c"] = c })
	}
	items := func(it Items) error { return control(Control{Items: []Items{it}}) }
	cached := func(o Origin) error { return result(func(r *Result) { r.Cached = &o }) }
	for _, c := range []struct {
		want string
		err  error
	}{
		{"status: \"done\"", result(func(r *Result) { r.Status = "done" })},
		{"error: a task that is ok has none", result(func(r *Result) { r.Error = &TaskError{Kind: "x"} })},
		{"error: a task that is caught has one", caught(func(r *Result) { r.Error = nil })},
		{"error: kind", caught(func(r *Result) { r.Error = &TaskError{} })},
		{"error: path", caught(func(r *Result) { r.Error = &TaskError{Kind: "x", Path: "x"} })},
		{"nonce", result(func(r *Result) { r.Nonce = "" })},
		{"attempt", result(func(r *Result) { r.Attempt = -1 })},
		{"outputs: an empty name", result(func(r *Result) { r.Outputs = map[string]Value{"": {Type: "int", Value: Raw("1")}} })},
		{"outputs.x: type", value(Value{Value: Raw("1")})},
		{"outputs.x: it must have either", value(Value{Type: "int"})},
		{"outputs.x: it must have either", value(Value{Type: "int", Value: Raw("1"), Blob: digest})},
		{"outputs.x: blob", value(Value{Type: "file", Blob: "../../etc/passwd"})},
		{"outputs.x: blob", value(Value{Type: "file", Blob: strings.ToUpper(digest)})},
		{"outputs.x: size", value(Value{Type: "file", Blob: digest, Size: -1})},
		{"outputs.x: ext", value(Value{Type: "file", Blob: digest, Ext: "txt"})},
		{"outputs.x: ext", value(Value{Type: "file", Blob: digest, Ext: "./x"})},
		{"outputs.x: ext", value(Value{Type: "file", Blob: digest, Ext: ".\n"})},
		{"control.c: count", control(Control{Count: ptr(-1)})},
		{"control.c: lens", control(Control{Lens: []int{1, -1}})},
		{"control.c: items.0: type", items(Items{})},
		{"control.c: items.0: only one", items(Items{Type: "int", Pages: true, Range: true})},
		{"control.c: items.0: only one", items(Items{Type: "int", Pages: true, List: []Raw{Raw("1")}})},
		{"control.c: items.0: list", items(Items{Type: "int", List: make([]Raw, PageSize+1)})},
		{"control.c: items.0: from", items(Items{Type: "int", From: 1})},
		{"cached: run", cached(Origin{Run: "R", Step: "s", Path: "_"})},
		{"cached: step", cached(Origin{Run: "r", Path: "_"})},
		{"cached: path", cached(Origin{Run: "r", Step: "s", Path: "1."})},
		{"flow", run(func(r *Run) { r.Flow = "a/b" })},
		{"run", run(func(r *Run) { r.Run = "" })},
		{"plan", run(func(r *Run) { r.Plan = "x" })},
		{"origin", run(func(r *Run) { r.Origin = "../x" })},
		{"imports.prep", run(func(r *Run) { r.Imports["prep"] = "A" })},
		{"params.n: type", run(func(r *Run) { r.Params["n"] = Value{Value: Raw("1")} })},
		{"status", broken(sampleEnd, func(e *End) { e.Status = Running })},
		{"counts", broken(sampleEnd, func(e *End) { e.Counts["ok"] = -1 })},
		{"error: kind", broken(sampleEnd, func(e *End) { e.Error.Kind = "" })},
		{"steps.fit: \"R\"", broken(sampleReuse, func(r *Reuse) { r.Steps["fit"][0].Run = "R" })},
		{"steps.fit: malformed", broken(sampleReuse, func(r *Reuse) { r.Steps["fit"][0].Paths = "3-1" })},
		{"iterations", broken(sampleEnds, func(e *Ends) { e.Iterations = -1 })},
		{"items", broken(sampleItems, func(p *ItemPage) { p.Items = make([]Raw, PageSize+1) })},
		{"results.1: version", broken(samplePage, func(p *Page) { p.Results[1] = &Result{} })},
		{"results.0: nonce", broken(samplePage, func(p *Page) { p.Results[0].Nonce = "" })},
		{"results: 10001", broken(samplePage, func(p *Page) { p.Results = make([]*Result, MaxPage+1) })},
		{"error: kind", broken(sampleScope, func(s *Scope) { s.Error.Kind = "" })},
		{"nonce", broken(sampleFail, func(f *Fail) { f.Nonce = "" })},
		{"kind", broken(sampleFail, func(f *Fail) { f.Kind = "" })},
		{"columns", summary(func(s *Summary) { s.Ended = s.Ended[1:] })},
		{"columns", summary(func(s *Summary) { s.Reused = s.Reused[1:] })},
		{"paths.1", summary(func(s *Summary) { s.Paths[1] = "x" })},
		{"status.0", summary(func(s *Summary) { s.Status[0] = "x" })},
		{"attempts.1", summary(func(s *Summary) { s.Attempts[1] = -1 })},
		{"outputs.1: an empty name", summary(func(s *Summary) { s.Outputs[1] = map[string]Value{"": {}} })},
		{"outputs.x: type", broken(sampleCache, func(c *CacheEntry) { c.Outputs["x"] = Value{} })},
		{"from: path", broken(sampleCache, func(c *CacheEntry) { c.From.Path = "" })},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%v, want %q", c.err, c.want)
		}
	}
}

// broken changes a copy of doc, and returns the error of writing it. Reading it
// must fail as well.
func broken[T Document](doc T, change func(*T)) error {
	text, err := json.Marshal(doc)
	if err != nil {
		return nil
	}
	var clone T
	if err := json.Unmarshal(text, &clone); err != nil {
		return nil
	}
	change(&clone)
	_, err = Encode(clone)
	if !errors.Is(err, ErrMalformed) {
		return nil
	}
	if text, merr := json.Marshal(clone); merr == nil {
		if _, err := Decode[T](text); !errors.Is(err, ErrMalformed) {
			return fmt.Errorf("reads what it does not write: %v", err)
		}
	}
	return err
}

func FuzzDecode(f *testing.F) {
	for i, s := range samples() {
		f.Add(i, s.json)
		f.Add(i, []byte(strings.Replace(string(s.json), `"v":1`, `"v":2`, 1)))
		f.Add(i, s.json[:len(s.json)/2])
	}
	f.Add(0, []byte(`{"v":1,"status":"ok","nonce":"n","control":{"a":{"items":[{"type":"x","list":[[[[]]]]}]}}}`))
	all := samples()
	f.Fuzz(func(t *testing.T, kind int, data []byte) {
		s := all[uint(kind)%uint(len(all))]
		doc, err := s.decode(data)
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrNewer) {
				t.Errorf("%v is neither ErrMalformed nor ErrNewer", err)
			}
			return
		}
		text, err := s.encode(doc)
		if err != nil {
			t.Fatalf("reads %q and can't write it: %v", data, err)
		}
		back, err := s.decode(text)
		if err != nil {
			t.Fatalf("writes %q and can't read it: %v", text, err)
		}
		again, err := s.encode(back)
		if err != nil || !bytes.Equal(text, again) {
			t.Errorf("writes %q, then %q, %v", text, again, err)
		}
	})
}
