package runtime

import (
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
)

// What a function returned comes out as values of the declared types: by
// declaration, never by what the value looks like.
func TestFunctionOutputs(t *testing.T) {
	const prelude = "import pathlib, collections, dataclasses, datetime, os, sys, typing\n" +
		"class Scalar:\n    shape = ()\n    def __init__(self, v): self.v = v\n    def item(self): return self.v\n" +
		"class Array:\n    def __init__(self, v): self.v = v\n    def tolist(self): return self.v\n"
	one := func(typ string) []contract.Output { return []contract.Output{out("x", typ)} }
	two := []contract.Output{out("a", "int"), out("b", "string?")}
	tests := []struct {
		name, body string
		outputs    []contract.Output
		want       string // of all outputs, or
		fails      string
	}{
		{"none", "return 42", nil, "", ""},
		{"one int", "return 42", one("int"), "x=42", ""},
		{"one dict is the value", "return {'x': 1}", one("json"), `x={"x":1}`, ""},
		{"one tuple is the value", "return (1, 2)", one("list<int>"), "x=[1,2]", ""},
		{"bool is no int", "return True", one("int"), "", "output x of m.py:f: expected int, got the bool True"},
		{"float is no int", "return 3.0", one("int"), "", "expected int, got the float 3.0"},
		{"int is a float", "return 3", one("float"), "x=3.0", ""},
		{"too large an int", "return 2**63", one("int"), "", "does not fit into 64 bits"},
		{"nan", "return float('nan')", one("float"), `x="NaN"`, ""},
		{"infinity", "return [float('inf'), -float('inf'), 1e300]", one("list<float>"), `x=["Infinity","-Infinity",1e300]`, ""},
		{"numpy scalars", "return [Scalar(1.5), Scalar(2)]", one("list<float>"), "x=[1.5,2.0]", ""},
		{"numpy arrays", "return Array([1, 2])", one("list<int>"), "x=[1,2]", ""},
		{"numpy in json", "return {'a': Scalar(1), 'b': Array([1.5])}", one("json"), `x={"a":1,"b":[1.5]}`, ""},
		{"nan in json", "return {'a': float('nan')}", one("json"), "", "output x of m.py:f['a']: JSON has no nan"},
		{"object in json", "return {'a': object()}", one("json"), "", "JSON cannot express a object"},
		{"none where a value belongs", "return None", one("int"), "", "expected int, got None; declare the type int? if it may be absent"},
		{"forgot to return", "x = 1", one("int"), "", "got None"},
		{"optional none", "return None", one("int?"), "x=nil", ""},
		{"string", "return 'ä\\n'", one("string"), `x="ä\n"`, ""},
		{"lone surrogate", "return '\\ud800'", one("string"), "", "is not Unicode text"},
		{"bytes are no string", "return b'x'", one("string"), "", "expected string, got a bytes of 1"},
		{"date", "return datetime.date(2026, 1, 31)", one("date"), `x="2026-01-31"`, ""},
		{"date as text", "return '2026-01-31'", one("date"), `x="2026-01-31"`, ""},
		{"datetime is no date", "return datetime.datetime(2026, 1, 31)", one("date"), "", "return x.date()"},
		{"enum", "return 'fast'", one("enum<fast|slow>"), `x="fast"`, ""},
		{"no enum", "return 'fats'", one("enum<fast|slow>"), "", "'fats' is none of fast, slow"},
		{"set has no order", "return {1}", one("list<int>"), "", "return sorted(...)"},
		{"text is no list", "return 'ab'", one("list<string>"), "", "expected list<string>, got the str 'ab'"},
		{"map", "return {'b': 1, 'a': 2}", one("map<int>"), `x={"a":2,"b":1}`, ""},
		{"map with other keys", "return {1: 1}", one("map<int>"), "", "the key 1 is no str"},
		{"wrong element", "return [1, 'x']", one("list<int>"), "", "output x of m.py:f[1]: expected int, got the str 'x'"},
		{"record", "return {'lr': 1, 'n': None}", one("Cfg{lr: float, n: int?}"), `x={"lr":1.0,"n":null}`, ""},
		{"record without a field", "return {'n': 1}", one("Cfg{lr: float, n: int?}"), "", "the field lr is missing"},
		{"record with one too many", "return {'lr': 1, 'z': 1}", one("Cfg{lr: float, n: int?}"), "", "Cfg has no field z"},
		{"record from a dataclass", "return dataclasses.make_dataclass('C', ['lr', 'n'])(0.5, 2)", one("Cfg{lr: float, n: int?}"), `x={"lr":0.5,"n":2}`, ""},
		{"two by dict", "return {'a': 1, 'b': 'x'}", two, `a=1 b="x"`, ""},
		{"two by named tuple", "return collections.namedtuple('R', 'a b')(1, None)", two, "a=1 b=nil", ""},
		{"two by dataclass", "return dataclasses.make_dataclass('R', ['a', 'b'])(1, 'y')", two, `a=1 b="y"`, ""},
		{"optional left out", "return {'a': 1}", two, "a=1 b=nil", ""},
		{"bare tuple", "return 1, 'x'", two, "", "a tuple has no names: return {'a': ..., 'b': ...}"},
		{"missing and extra", "return {'A': 1}", two, "", "what m.py:f returned does not fit its outputs (a, b): it lacks a; A is no declared output"},
		{"file", "p = pathlib.Path(os.environ['FLOWC_OUT'], 'm.tar.gz'); p.write_text('abc'); return p", one("file"), "x=blob.tar.gz:3", ""},
		{"file by relative path", "pathlib.Path('rel.csv').write_text('ab'); return pathlib.Path('rel.csv')", one("file"), "x=blob.csv:2", ""},
		{"file that is not there", "return pathlib.Path('/nowhere/x')", one("file"), "", "there is nothing at the path /nowhere/x"},
		{"text is no file", "return '/etc/passwd'", one("file"), "", "return pathlib.Path(...)"},
		{"folder is no file", "return pathlib.Path('.')", one("file"), "", "is not a regular file"},
		{"folder", "p = pathlib.Path(os.environ['FLOWC_OUT'], 'd'); p.mkdir(); (p / 'a').write_text('xyz'); return p", one("dir"), "x=blob:3", ""},
		{"list of files with a gap", "p = pathlib.Path(os.environ['FLOWC_OUT'], 'a.txt'); p.write_text('a'); return [p, None]", one("list<file?>"),
			`x=[{"blob":"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb","ext":".txt","size":1},null]`, ""},
		{"sys.exit", "sys.exit(0)", one("int"), "", "called sys.exit()"},
		{"os._exit", "os._exit(0)", one("int"), "", "ended the interpreter"},
		{"sys.exit without outputs", "sys.exit(0)", nil, "", ""},
		{"what cannot be pickled", "return lambda: 1", one("artifact"), "", "cannot be pickled"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t, plan(function("s", "m.py", "f", test.outputs...)))
			writeCode(t, cfg, "m.py", prelude+"def f():\n    "+test.body+"\n")
			o := Run(context.Background(), cfg, root("s"))
			if test.fails != "" {
				if o.Exit != contract.ExitFinal || o.Fail == nil || o.Fail.Kind != kindOutput || !strings.Contains(o.Fail.Message, test.fails) {
					t.Fatalf("exit %d, fail %+v; want a final failure with %q", o.Exit, o.Fail, test.fails)
				}
				return
			}
			if o.Exit != 0 {
				t.Fatalf("exit %d: %v\n%s", o.Exit, o.Err, strings.Join(o.Tail, "\n"))
			}
			var got []string
			for _, declared := range test.outputs {
				got = append(got, declared.Name+"="+value(o.Result, declared.Name))
			}
			if s := strings.Join(got, " "); s != test.want {
				t.Errorf("got  %s\nwant %s", s, test.want)
			}
		})
	}
}

// Arguments have the Python types of their declarations.
func TestFunctionInputs(t *testing.T) {
	inputs := []contract.Input{
		constInput(t, "b", "bool", "true"), constInput(t, "i", "int", "9223372036854775807"), constInput(t, "f", "float", "1.0"),
		constInput(t, "nan", "float", `"NaN"`), constInput(t, "s", "string", `"ä\u0000\n"`), constInput(t, "d", "date", `"2026-01-31"`),
		constInput(t, "e", "enum<a|b>", `"b"`), constInput(t, "l", "list<float>", "[1.0]"), constInput(t, "m", "map<int>", `{"k":1}`),
		constInput(t, "r", "{n: int?, on: date}", `{"n":null,"on":"2026-02-01"}`), constInput(t, "j", "json", `{"a":[1,1.0,null]}`),
		constInput(t, "none", "int?", "null"), constInput(t, "jnull", "json", "null"),
	}
	step := function("s", "m.py", "f", out("x", "string"))
	step.Inputs = inputs
	cfg := config(t, plan(step))
	writeCode(t, cfg, "m.py", "def f(**kw):\n    return repr(kw)\n")
	want := `"{'b': True, 'i': 9223372036854775807, 'f': 1.0, 'nan': nan, 's': 'ä\\x00\\n', 'd': datetime.date(2026, 1, 31), 'e': 'b', ` +
		`'l': [1.0], 'm': {'k': 1}, 'r': {'n': None, 'on': datetime.date(2026, 2, 1)}, 'j': {'a': [1, 1.0, None]}, 'none': None, 'jnull': None}"`
	if got := value(mustRun(t, cfg, root("s")), "x"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Files and pickled objects go from function to function.
func TestFunctionFiles(t *testing.T) {
	outputs := []contract.Output{out("f", "file"), out("l", "list<file?>"), out("m", "map<file>"), out("d", "dir"), out("r", "{model: file, score: float}"), out("o", "artifact")}
	producer := function("a", "m.py", "make", outputs...)
	consumer := function("b", "m.py", "use", out("x", "string"))
	consumer.Steps = map[string]contract.StepPlace{"a": {}}
	for _, o := range outputs {
		consumer.Inputs = append(consumer.Inputs, contract.Input{Name: o.Name, Expr: reads(t, contract.Ref{Step: "a", Port: o.Name, Type: o.Type})})
	}
	cfg := config(t, plan(producer, consumer))
	writeCode(t, cfg, "m.py", `
import os, pathlib

class Model:
    def __init__(self, w): self.w = w

def file(name, text):
    p = pathlib.Path(os.environ["FLOWC_OUT"], name)
    p.write_text(text)
    return p

def make():
    d = pathlib.Path(os.environ["FLOWC_OUT"], "folder"); d.mkdir(); (d / "a").write_text("A")
    return {"f": file("f.csv", "one"), "l": [file("x.txt", "x"), None], "m": {"k/1": file("y.txt", "y")}, "d": d,
            "r": {"model": file("z.pkl", "z"), "score": 0.5}, "o": Model([1, 2])}

def use(f, l, m, d, r, o):
    return " ".join([f.name, f.read_text(), l[0].name, l[0].read_text(), str(l[1]), str(list(m)), m["k/1"].read_text(), (d / "a").read_text(),
                     r["model"].name, r["model"].read_text(), str(r["score"]), type(o).__name__, str(o.w)])
`)
	first := mustRun(t, cfg, root("a"))
	if ext := first.Outputs["o"].Ext; !strings.HasPrefix(ext, ".cpython-") || !strings.HasSuffix(ext, ".pkl") {
		t.Errorf("the pickle does not say which Python made it: %q", ext)
	}
	want := `"f.csv one 00000.txt x None ['k/1'] y A model.pkl z 0.5 Model [1, 2]"`
	if got := value(mustRun(t, cfg, root("b")), "x"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestFunctionFailures(t *testing.T) {
	tests := []struct {
		name, file, fn, code string
		kind                 string
		message              string
		log                  string // part of the log
	}{
		{"exception", "m.py", "f", "def f(x):\n    return g(x)\n\ndef g(x):\n    raise ValueError('bad ' + str(x))\n", kindError,
			"ValueError: bad 1 (m.py:5 in g)", "Traceback (most recent call last):\n  File"},
		{"while importing", "m.py", "f", "import no_such_module\n", kindError, "ModuleNotFoundError: No module named 'no_such_module' (m.py:1 in <module>)", "Traceback"},
		{"syntax", "m.py", "f", "def f(:\n", kindError, "SyntaxError", "m.py\", line 1"},
		{"no file", "n.py", "f", "", kindInput, "there is no file n.py in the code package", ""},
		{"no function", "m.py", "fits", "def fit(x): pass\n", kindInput, "m.py has no function fits; did you mean fit?", ""},
		{"no such argument", "m.py", "f", "def f(y): pass\n", kindInput, "m.py:f(y) does not fit its inputs: ", ""},
		{"not callable", "m.py", "f", "f = 3\n", kindInput, "f in m.py is no function", ""},
		{"exit code", "m.py", "f", "import sys\ndef f(x): sys.exit(75)\n", kindError, "m.py:f called sys.exit(75)", ""},
		{"killed", "m.py", "f", "import os\ndef f(x): os.kill(os.getpid(), 11)\n", kindError, "signal 11", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			step := function("s", test.file, test.fn)
			step.Inputs = []contract.Input{constInput(t, "x", "int", "1")}
			cfg := config(t, plan(step))
			writeCode(t, cfg, "m.py", test.code)
			o := Run(context.Background(), cfg, root("s"))
			want := contract.ExitFinal
			if test.kind == kindError {
				want = contract.ExitAgain
			}
			if o.Exit != want || o.Fail.Kind != test.kind || !strings.Contains(o.Fail.Message, test.message) {
				t.Errorf("exit %d, %+v; want %d, %s: %s", o.Exit, o.Fail, want, test.kind, test.message)
			}
			log := logOf(t, cfg, "s", "_", 0)
			if !strings.Contains(log, test.log) || strings.Contains(log, "flowc_call.py") || strings.Contains(log, "importlib") {
				t.Errorf("log:\n%s", log)
			}
		})
	}
}

// The file finds its siblings and the packages of the code root, whatever it is called.
func TestFunctionImports(t *testing.T) {
	for name, test := range map[string]struct {
		file  string
		files map[string]string
	}{
		"sibling":       {"m.py", map[string]string{"m.py": "import helper\ndef f(): return helper.x\n", "helper.py": "x = 'ok'\n"}},
		"sub folder":    {"sub/m.py", map[string]string{"sub/m.py": "import helper, top\ndef f(): return helper.x + top.y\n", "sub/helper.py": "x = 'o'\n", "top.py": "y = 'k'\n"}},
		"package":       {"pkg/m.py", map[string]string{"pkg/__init__.py": "", "pkg/m.py": "from . import helper\nfrom pkg.helper import x\ndef f(): return helper.x\n", "pkg/helper.py": "x = 'ok'\n"}},
		"odd name":      {"my-step.py", map[string]string{"my-step.py": "def f(): return 'ok'\n"}},
		"stdlib name":   {"statistics.py", map[string]string{"statistics.py": "def f(): return 'ok'\n"}},
		"loaded name":   {"json.py", map[string]string{"json.py": "def f(): return 'ok'\n"}},
		"method":        {"m.py", map[string]string{"m.py": "class A:\n    @staticmethod\n    def f(): return 'ok'\nf = A.f\n"}},
		"guarded main":  {"m.py", map[string]string{"m.py": "def f(): return 'ok'\nif __name__ == '__main__':\n    raise SystemExit(1)\n"}},
		"prints a lot":  {"m.py", map[string]string{"m.py": "def f():\n    print('x' * 100000)\n    return 'ok'\n"}},
		"changes paths": {"m.py", map[string]string{"m.py": "import os, sys\ndef f():\n    os.chdir('/')\n    sys.path.clear()\n    return 'ok'\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t, plan(function("s", test.file, "f", out("x", "string"))))
			for file, text := range test.files {
				writeCode(t, cfg, file, text)
			}
			if got := value(mustRun(t, cfg, root("s")), "x"); got != `"ok"` {
				t.Errorf("got %s", got)
			}
		})
	}
}

// The call works on the oldest Python that is promised, where it is installed.
func TestOldPython(t *testing.T) {
	python, err := exec.LookPath("python3.8")
	if err == nil {
		err = exec.Command(python, "--version").Run()
	}
	if err != nil {
		t.Skip("python3.8 is not installed")
	}
	step := function("s", "m.py", "f", out("x", "string"), out("o", "artifact"))
	step.Inputs = []contract.Input{constInput(t, "d", "date", `"2026-01-31"`)}
	cfg := config(t, plan(step))
	cfg.Python = python
	writeCode(t, cfg, "m.py", "import sys\ndef f(d): return {'x': '%d.%d' % sys.version_info[:2], 'o': d}\n")
	if got := value(mustRun(t, cfg, root("s")), "x"); got != `"3.8"` {
		t.Errorf("got %s", got)
	}
}

// A pickle that this Python cannot read is explained by the version that made it.
func TestPickleOfAnotherPython(t *testing.T) {
	step := function("s", "m.py", "f")
	step.Inputs = []contract.Input{{Name: "o", Expr: reads(t, contract.Ref{Step: "a", Port: "o", Type: "artifact"})}}
	step.Steps = map[string]contract.StepPlace{"a": {}}
	cfg := config(t, plan(step))
	writeCode(t, cfg, "m.py", "def f(o): pass\n")
	const digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881" // of "x"
	if err := store.PutBytes(context.Background(), cfg.Store, record.Blob(digest), []byte("x")); err != nil {
		t.Fatal(err)
	}
	res := record.Result{Status: record.OK, Nonce: "n", Outputs: map[string]record.Value{"o": {Type: "artifact", Blob: digest, Size: 1, Ext: ".cpython-27.pkl"}}}
	if err := store.PutJSON(context.Background(), cfg.Store, cfg.keys().Result("a", record.Path{}), res); err != nil {
		t.Fatal(err)
	}
	o := Run(context.Background(), cfg, root("s"))
	if o.Exit != contract.ExitFinal || !strings.Contains(o.Fail.Message, "it was pickled by cpython-27, this is cpython-3") {
		t.Errorf("%d %+v", o.Exit, o.Fail)
	}
}
