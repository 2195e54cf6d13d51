package runtime

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/types"
)

//go:embed shim.py
var shim []byte

// request is what the shim is told.
type request struct {
	Root    string   `json:"root"`
	File    string   `json:"file"`
	Func    string   `json:"func"`
	Inputs  [][3]any `json:"inputs"`  // name, kind, value
	Outputs [][2]any `json:"outputs"` // name, kind
	Answer  string   `json:"answer"`  // path of the answer
}

// answer is what the shim says.
type answer struct {
	CacheTag string                     `json:"cache_tag"` // of the interpreter, "cpython-312"
	Outputs  map[string]json.RawMessage `json:"outputs"`
	Problem  *struct {
		Kind    string `json:"kind"`
		Message string `json:"message"`
	} `json:"problem"`
}

// function calls a Python function.
func (w *work) function(ctx context.Context, inputs []input) (map[string]record.Value, *failure) {
	call := w.job.step.Call
	req := request{Root: w.code, File: filepath.Clean(call.File), Func: call.Func,
		Inputs: [][3]any{}, Outputs: [][2]any{}, Answer: filepath.Join(w.dir, "answer.json")}
	d := &download{w: w}
	for _, in := range inputs {
		v, err := d.argument(filepath.Join(w.in, in.name), in.typ, in.value)
		if err != nil {
			return nil, localFailure("input "+in.name, err)
		}
		req.Inputs = append(req.Inputs, [3]any{in.name, describeType(in.typ), v})
	}
	declared := map[string]types.Type{}
	for _, o := range w.job.step.Outputs {
		t, err := types.Decode(o.Type)
		if err != nil {
			return nil, fail(kindOutput, "the contract has a damaged type for output %s: %v", o.Name, err)
		}
		declared[o.Name] = t
		req.Outputs = append(req.Outputs, [2]any{o.Name, describeType(t)})
	}
	if f := d.run(ctx); f != nil {
		return nil, f
	}
	text, err := json.Marshal(req)
	shimFile, requestFile := filepath.Join(w.dir, "flowc_call.py"), filepath.Join(w.dir, "request.json")
	if err == nil {
		err = os.WriteFile(requestFile, text, 0o600)
	}
	if err == nil {
		err = os.WriteFile(shimFile, shim, 0o644)
	}
	if err != nil {
		return nil, localFailure("preparing the call", err)
	}
	w.env = append(w.env, "PYTHONUNBUFFERED=1")
	python := w.job.cfg.Python
	if python == "" {
		python = "python3"
	}
	failed := w.command(ctx, []string{python, shimFile, requestFile})

	var ans answer
	if text, err := os.ReadFile(req.Answer); err == nil {
		err = json.Unmarshal(text, &ans)
		if err != nil && failed == nil {
			return nil, fail(kindOutput, "what %s:%s returned cannot be read: %v", call.File, call.Func, err)
		}
	} else if failed == nil {
		return nil, fail(kindOutput, "%s:%s ended the interpreter, so that nothing was returned", call.File, call.Func)
	}
	if failed != nil {
		return nil, explain(failed, &ans)
	}
	return w.returned(ctx, declared, &ans)
}

// explain puts what the shim says in place of a bare exit code.
func explain(f *failure, ans *answer) *failure {
	if p := ans.Problem; p != nil && f.Kind == kindError && f.err == nil {
		f.Message = p.Message
		if p.Kind == kindInput || p.Kind == kindOutput {
			f.Kind, f.final, f.ExitCode = p.Kind, true, nil
		}
	}
	return f
}

// returned takes in what the function returned.
func (w *work) returned(ctx context.Context, declared map[string]types.Type, ans *answer) (map[string]record.Value, *failure) {
	up := &upload{w: w}
	var outs []output
	for _, o := range w.job.step.Outputs {
		raw, ok := ans.Outputs[o.Name]
		if !ok || string(raw) == "null" && types.IsOptional(declared[o.Name]) {
			continue
		}
		v, f := up.returned("output "+o.Name, declared[o.Name], raw, ans.CacheTag)
		if f != nil {
			return nil, f
		}
		outs = append(outs, output{o.Name, declared[o.Name], v})
	}
	return up.run(ctx, outs)
}

// returned reads a value as the shim encodes it: JSON of its type, where files
// are {"path": ...}.
func (u *upload) returned(where string, t types.Type, raw json.RawMessage, cacheTag string) (any, *failure) {
	if !types.HasBlob(t) {
		v, err := types.UnmarshalValue(t, raw)
		if err != nil {
			return nil, fail(kindOutput, "%s: %v", where, err)
		}
		return v, nil
	}
	if string(bytes.TrimSpace(raw)) == "null" {
		return nil, nil
	}
	damaged := func(err error) (any, *failure) {
		return nil, fail(kindOutput, "%s: what the function returned cannot be read: %v", where, err)
	}
	switch t := types.Unopt(t).(type) {
	case types.Basic:
		var at struct {
			Path string `json:"path"`
		}
		if err := json.Unmarshal(raw, &at); err != nil {
			return damaged(err)
		}
		_, ext := splitExt(filepath.Base(at.Path))
		if t == types.Artifact {
			ext = ".pkl"
			if cacheTag != "" && goodExt("."+cacheTag+".pkl") {
				ext = "." + cacheTag + ".pkl"
			}
		}
		return u.blob(where, at.Path, ext, t)
	case types.List:
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			return damaged(err)
		}
		out := make([]any, len(list))
		for i, raw := range list {
			var f *failure
			if out[i], f = u.returned(fmt.Sprintf("%s[%d]", where, i), t.Elem, raw, cacheTag); f != nil {
				return nil, f
			}
		}
		return out, nil
	case types.Map, types.Record:
		var m map[string]json.RawMessage
		if err := json.Unmarshal(raw, &m); err != nil {
			return damaged(err)
		}
		out := make(map[string]any, len(m))
		for k, raw := range m {
			elem := fieldType(t, k)
			if elem == nil {
				return damaged(fmt.Errorf("there is no field %s", k))
			}
			var f *failure
			if out[k], f = u.returned(fmt.Sprintf("%s[%q]", where, k), elem, raw, cacheTag); f != nil {
				return nil, f
			}
		}
		return out, nil
	}
	return damaged(fmt.Errorf("it is of type %s", t))
}

// fieldType is the type of the value under a key of a map or record.
func fieldType(t types.Type, key string) types.Type {
	switch t := t.(type) {
	case types.Map:
		return t.Elem
	case types.Record:
		for _, f := range t.Fields {
			if f.Name == key {
				return f.Type
			}
		}
	}
	return nil
}

// argument encodes an input for the shim: JSON of its type, where files are
// {"path": ...}, and pickled objects also say which Python made them.
func (d *download) argument(path string, t types.Type, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	if !types.HasBlob(t) {
		raw, err := types.MarshalValue(t, v)
		return json.RawMessage(raw), err
	}
	wrong := func() (any, error) {
		return nil, fmt.Errorf("the record holds %s where %s belongs", types.Describe(v), t)
	}
	switch t := types.Unopt(t).(type) {
	case types.Basic:
		blob, ok := v.(types.Blob)
		if !ok {
			return wrong()
		}
		at := map[string]string{"path": d.blob(path, t, blob)}
		if t == types.Artifact {
			at["cache_tag"] = cacheTag(blob.Ext)
		}
		return at, nil
	case types.List:
		list, ok := v.([]any)
		if !ok {
			return wrong()
		}
		if err := os.Mkdir(path, 0o755); err != nil {
			return nil, err
		}
		width := max(5, len(fmt.Sprint(len(list)-1)))
		out := make([]any, len(list))
		for i, v := range list {
			var err error
			if out[i], err = d.argument(filepath.Join(path, fmt.Sprintf("%0*d", width, i)), t.Elem, v); err != nil {
				return nil, err
			}
		}
		return out, nil
	case types.Map, types.Record:
		m, ok := v.(map[string]any)
		if !ok {
			return wrong()
		}
		if err := os.Mkdir(path, 0o755); err != nil {
			return nil, err
		}
		out := make(map[string]any, len(m))
		for k, v := range m {
			name, elem := escapeKey(k), fieldType(t, k)
			if elem == nil || len(name) > maxKeyName {
				return nil, fmt.Errorf("the key %.40q cannot be the name of a file", k)
			}
			var err error
			if out[k], err = d.argument(filepath.Join(path, name), elem, v); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return wrong()
}

// cacheTag returns which Python made a pickle, from its extension ".cpython-312.pkl".
func cacheTag(ext string) string {
	tag, ok := bytes.CutSuffix([]byte(ext), []byte(".pkl"))
	if !ok || len(tag) < 2 {
		return ""
	}
	return string(tag[1:])
}

// describeType tells the shim a type.
func describeType(t types.Type) map[string]any {
	d := map[string]any{"text": t.String()}
	switch t := t.(type) {
	case types.Basic:
		d["k"] = types.Encode(t)
		if t == types.JSONType {
			d["k"] = "json"
		}
	case types.Enum:
		d["k"], d["values"] = "enum", t.Values
	case types.List:
		d["k"], d["of"] = "list", describeType(t.Elem)
	case types.Map:
		d["k"], d["of"] = "map", describeType(t.Elem)
	case types.Optional:
		d["k"], d["of"] = "optional", describeType(t.Elem)
	case types.Record:
		fields := make([][2]any, len(t.Fields))
		for i, f := range t.Fields {
			fields[i] = [2]any{f.Name, describeType(f.Type)}
		}
		d["k"], d["fields"] = "record", fields
	}
	return d
}
