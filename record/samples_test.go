package record

import (
	"encoding/json"
	"strings"
	"time"
)

var (
	when   = time.Date(2026, 11, 22, 19, 30, 0, 123456789, time.UTC)
	digest = strings.Repeat("0123456789abcdef", 4)
)

func ptr[T any](v T) *T { return &v }

// Samples of each kind of record, every field set.
var (
	sampleResult = Result{
		V: 1, Status: OK, Nonce: "n1", Attempt: 2, Started: when, Ended: when.Add(time.Second), Contract: digest,
		InputsDigest: digest,
		Outputs: map[string]Value{
			"score": {Type: "float", Value: Raw("0.5")},
			"text":  {Type: "string", Value: Raw(`"<&>` + "\u2028" + `"`)},
			"none":  {Type: "float?", Value: Raw("null")},
			"model": {Type: "file", Blob: digest, Size: 7, Ext: ".pkl"},
		},
		Control: map[string]Control{
			"publish": {Gate: ptr(false)},
			"train": {Count: ptr(2), Lens: []int{2, 1}, Items: []Items{
				{Type: "float", List: []Raw{Raw("0.1"), Raw("0.2")}},
				{Type: "int", Range: true, From: 3},
				{Type: "string", Pages: true},
			}},
			"kind":  {Case: ptr("")},
			"other": {None: true},
			"round": {Again: ptr(true), Carry: map[string]Value{"sum": {Type: "int", Value: Raw("3")}}},
		},
		Cached: &Origin{Run: "r-0", Step: "fit", Path: "3.0"},
	}
	sampleCaught = Result{V: 1, Status: Caught, Nonce: "n", Contract: digest, Error: &TaskError{
		Kind: "error", Message: "exit 1", ExitCode: ptr(1), Step: "fit", Path: "_"}}
	sampleClaim = Claim{V: 1, Nonce: "n1", K: 1, Hint: 1, Host: "h", Job: "j", Started: when}
	sampleFail  = Fail{V: 1, Nonce: "n1", Ended: when, Final: true, TaskError: TaskError{Kind: "oom", Message: "killed"}}
	sampleRun   = Run{V: 1, Flow: "churn", Run: "argo-1", Plan: digest, Source: "flow.yaml", Target: "local", Started: when,
		Params:  map[string]Value{"n": {Type: "int", Value: Raw("3")}},
		Imports: map[string]string{"prep": "argo-0"}, Origin: "argo-0", Code: digest,
		Images: map[string]string{"fit": "python:3.12"}, Tags: []string{"a"}, User: "u"}
	sampleEnd     = End{V: 1, Status: Failed, Ended: when, Counts: map[string]int{"ok": 3}, Error: &TaskError{Kind: "timeout", Message: "m"}}
	sampleReuse   = Reuse{V: 1, Steps: map[string][]ReusePart{"fit": {{Run: "r", Paths: "0-41,43-9999"}}}}
	sampleEnds    = Ends{V: 1, Iterations: 7}
	sampleItems   = ItemPage{V: 1, Items: []Raw{Raw("1"), Raw(`{"a":[]}`), Raw("null")}}
	samplePage    = Page{V: 1, Results: []*Result{&sampleCaught, nil, &sampleResult}}
	sampleScope   = Scope{V: 1, Error: TaskError{Kind: "error", Message: "m"}}
	sampleSummary = Summary{V: 1, Paths: []string{"0", "1"}, Status: []string{"ok", "failed"}, Attempts: []int{1, 3},
		Reused: []bool{false, true}, Started: []int64{1, 2}, Ended: []int64{3, 4},
		Outputs: []map[string]Value{{"x": {Type: "int", Value: Raw("1")}}, nil}}
	sampleCache = CacheEntry{V: 1, Outputs: map[string]Value{"x": {Type: "int", Value: Raw("1")}},
		From: Origin{Run: "r", Step: "s", Path: "_"}, Created: when}
)

// sample is a record with what is known of its kind, for tests of all kinds.
type sample struct {
	name   string
	json   []byte
	decode func([]byte) (any, error)
	encode func(any) ([]byte, error)
	doc    any
}

func samples() []sample {
	return []sample{
		of("result", sampleResult), of("caught", sampleCaught), of("claim", sampleClaim), of("fail", sampleFail),
		of("run", sampleRun), of("end", sampleEnd), of("reuse", sampleReuse), of("ends", sampleEnds),
		of("items", sampleItems), of("page", samplePage), of("scope", sampleScope), of("summary", sampleSummary),
		of("cache", sampleCache),
	}
}

func of[T Document](name string, doc T) sample {
	text, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return sample{
		name: name, json: text, doc: doc,
		decode: func(b []byte) (any, error) { return Decode[T](b) },
		encode: func(doc any) ([]byte, error) { return Encode(doc.(T)) },
	}
}
