package runtime

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
)

// What a script left comes out as values of the declared types.
func TestScriptOutputs(t *testing.T) {
	tests := []struct {
		name, script, typ string
		want              string // JSON, or
		fails             string // part of the message
	}{
		{"int", `echo 42 > $FLOWC_OUT/x`, "int", "42", ""},
		{"int without newline", `printf 42 > $FLOWC_OUT/x`, "int", "42", ""},
		{"int in a file with extension", `echo 42 > $FLOWC_OUT/x.txt`, "int", "42", ""},
		{"one newline is dropped, not two", `printf '42\n\n' > $FLOWC_OUT/x`, "int", "", "spaces or line breaks"},
		{"spaces are not trimmed", `echo ' 42' > $FLOWC_OUT/x`, "int", "", "spaces or line breaks"},
		{"int is no float", `echo 4.2 > $FLOWC_OUT/x`, "int", "", `output x: expected int, but in $FLOWC_OUT/x`},
		{"too large", `echo 9223372036854775808 > $FLOWC_OUT/x`, "int", "", "output x: expected int"},
		{"float", `echo 1e-3 > $FLOWC_OUT/x`, "float", "0.001", ""},
		{"float takes an int", `echo 3 > $FLOWC_OUT/x`, "float", "3.0", ""},
		{"nan", `echo NaN > $FLOWC_OUT/x`, "float", `"NaN"`, ""},
		{"minus infinity", `echo -inf > $FLOWC_OUT/x`, "float", `"-Infinity"`, ""},
		{"bool", `echo true > $FLOWC_OUT/x`, "bool", "true", ""},
		{"bool is no number", `echo 1 > $FLOWC_OUT/x`, "bool", "", "not a bool"},
		{"string keeps inner newlines", `printf 'a\n\nb\n' > $FLOWC_OUT/x`, "string", `"a\n\nb"`, ""},
		{"empty string", `: > $FLOWC_OUT/x`, "string", `""`, ""},
		{"string that is no UTF-8", `printf '\377' > $FLOWC_OUT/x`, "string", "", "UTF-8"},
		{"date", `echo 2026-02-28 > $FLOWC_OUT/x`, "date", `"2026-02-28"`, ""},
		{"no such date", `echo 2026-02-30 > $FLOWC_OUT/x`, "date", "", "output x: expected date"},
		{"enum", `echo slow > $FLOWC_OUT/x`, "enum<fast|slow>", `"slow"`, ""},
		{"not in the enum", `echo sloow > $FLOWC_OUT/x`, "enum<fast|slow>", "", "output x: expected enum<fast|slow>"},
		{"list", `echo '[1, 2,3 ]' > $FLOWC_OUT/x`, "list<int>", "[1,2,3]", ""},
		{"list of the wrong thing", `echo '[1, "a"]' > $FLOWC_OUT/x.json`, "list<int>", "", `at [1]`},
		{"map", `echo '{"b":1,"a":2}' > $FLOWC_OUT/x`, "map<int>", `{"a":2,"b":1}`, ""},
		{"record", `echo '{"lr":1}' > $FLOWC_OUT/x`, "{lr: float, n: int?}", `{"lr":1.0,"n":null}`, ""},
		{"record with a field too many", `echo '{"lr":1,"z":2}' > $FLOWC_OUT/x`, "{lr: float}", "", "z"},
		{"json", `echo '{"a":[1.0,1,null]}' > $FLOWC_OUT/x`, "json", `{"a":[1.0,1,null]}`, ""},
		{"no json", `echo 'hello' > $FLOWC_OUT/x`, "json", "", "output x: expected json"},
		{"file keeps its extension", `printf abc > $FLOWC_OUT/x.tar.gz`, "file", "blob.tar.gz:3", ""},
		{"file without extension", `printf abc > $FLOWC_OUT/x`, "file", "blob:3", ""},
		{"file through a link", `printf abc > $FLOWC_OUT/../kept; ln -s ../kept $FLOWC_OUT/x.csv`, "file", "blob.csv:3", ""},
		{"folder is no file", `mkdir $FLOWC_OUT/x`, "file", "", "expected a file, but $FLOWC_OUT/x is a folder"},
		{"pipe is no file", `mkfifo $FLOWC_OUT/x`, "file", "", "named pipe"},
		{"pipe is no text", `mkfifo $FLOWC_OUT/x`, "int", "", "named pipe"},
		{"folder is no text", `mkdir $FLOWC_OUT/x`, "int", "", "a folder"},
		{"odd extension", `: > "$FLOWC_OUT/x.a b"`, "file", "", "extension"},
		{"file is no folder", `: > $FLOWC_OUT/x`, "dir", "", "expected a folder"},
		{"folder", `mkdir $FLOWC_OUT/x; printf ab > $FLOWC_OUT/x/f`, "dir", "blob:2", ""},
		{"missing", `:`, "int", "", "output x is missing: the command left no file $FLOWC_OUT/x"},
		{"missing, with a near miss", `echo 1 > $FLOWC_OUT/y; mkdir $FLOWC_OUT/xx`, "int", "", `output x is missing`},
		{"missing optional", `:`, "int?", "nil", ""},
		{"empty optional", `: > $FLOWC_OUT/x`, "int?", "nil", ""},
		{"empty optional string", `: > $FLOWC_OUT/x`, "string?", `""`, ""},
		{"two candidates", `: > $FLOWC_OUT/x.a; : > $FLOWC_OUT/x.b`, "file", "", "x.a and x.b"},
		{"list of files, sorted", `mkdir $FLOWC_OUT/x; echo b > $FLOWC_OUT/x/2.csv; echo a > $FLOWC_OUT/x/1.csv.gz`, "list<file>",
			`[{"blob":"87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7","ext":".csv.gz","size":2},{"blob":"0263829989b6fd954f72baaf2fc64bc2e2f01d692d4de72986ea808f6e99813f","ext":".csv","size":2}]`, ""},
		{"map of files", `mkdir $FLOWC_OUT/x; echo a > $FLOWC_OUT/x/k%2F1.csv`, "map<file>",
			`{"k/1":{"blob":"87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7","ext":".csv","size":2}}`, ""},
		{"list of files that is a file", `: > $FLOWC_OUT/x`, "list<file>", "", "is a folder with a file for each element"},
		{"record with files", `mkdir $FLOWC_OUT/x; echo a > $FLOWC_OUT/x/m.pkl; echo 0.5 > $FLOWC_OUT/x/score`, "{m: file, score: float, z: int?}",
			`{"m":{"blob":"87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7","ext":".pkl","size":2},"score":0.5,"z":null}`, ""},
		{"record with a file missing", `mkdir $FLOWC_OUT/x`, "{m: file}", "", "output x.m is missing"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t, plan(script("s", test.script, out("x", test.typ))))
			o := Run(context.Background(), cfg, root("s"))
			if test.fails != "" {
				if o.Exit != contract.ExitFinal || o.Fail == nil || o.Fail.Kind != kindOutput || !o.Fail.Final || !strings.Contains(o.Fail.Message, test.fails) {
					t.Fatalf("exit %d, fail %+v; want a final failure with %q", o.Exit, o.Fail, test.fails)
				}
				return
			}
			if o.Exit != 0 {
				t.Fatalf("exit %d: %v", o.Exit, o.Err)
			}
			if got := value(o.Result, "x"); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// A script sees its inputs as variables and as files.
func TestScriptInputs(t *testing.T) {
	big := strings.Repeat("x", maxVariable+1)
	step := script("s", `
		set +u
		show() { printf '%s\n' "$1" >> "$FLOWC_OUT/seen"; }
		show "$i|$f|$b|$s|$d|$e|$l|$m|$r|$j"
		show "nil: ${none-unset} $(ls "$FLOWC_IN" | grep -c none || true)"
		show "big: ${big-unset} $(wc -c < "$FLOWC_IN/big")"
		show "file: $(cat "$FLOWC_IN/s")"
		show "files: $(ls "$FLOWC_IN" | tr '\n' ' ')"
		show "$FLOWC_FLOW $FLOWC_RUN $FLOWC_STEP $FLOWC_INDEX $FLOWC_ATTEMPT"
		show "$MODE"
		env | grep -c '^FLOWC_' >> "$FLOWC_OUT/seen"
	`, out("seen", "string"))
	step.Inputs = []contract.Input{
		constInput(t, "i", "int", "-3"), constInput(t, "f", "float", "0.5"), constInput(t, "b", "bool", "true"),
		constInput(t, "s", "string", `"a 'b' \"c\" $HOME `+"`id`"+` \\n"`), constInput(t, "d", "date", `"2026-01-31"`),
		constInput(t, "e", "enum<a|b>", `"b"`), constInput(t, "l", "list<int>", "[1,2]"), constInput(t, "m", "map<int>", `{"k":1}`),
		constInput(t, "r", "{lr: float}", `{"lr":1.0}`), constInput(t, "j", "json", `"text"`),
		constInput(t, "none", "int?", "null"), constInput(t, "big", "string", `"`+big+`"`),
	}
	step.Env = []contract.KV{{Key: "MODE", Value: "literal $x"}}
	cfg := config(t, plan(step))
	cfg.Environ = append(cfg.Environ, "FLOWC_STORE=secret-url", "FLOWC_PARAMS=x")
	res := mustRun(t, cfg, root("s"))
	want := `"-3|0.5|true|a 'b' \"c\" $HOME ` + "`id`" + ` \\n|2026-01-31|b|[1,2]|{\"k\":1}|{\"lr\":1.0}|\"text\"\n` +
		`nil: unset 0\nbig: unset 32769\nfile: a 'b' \"c\" $HOME ` + "`id`" + ` \\n\n` +
		`files: b big d e f i j l m r s \nf r1 s _ 0\nliteral $x\n7"`
	if got := value(res, "seen"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Files, folders and lists of files reach a consumer with their names, and what
// it does to them stays without effect.
func TestScriptFiles(t *testing.T) {
	producer := script("a", `
		echo one > $FLOWC_OUT/f.csv
		mkdir -p $FLOWC_OUT/d/sub; echo two > $FLOWC_OUT/d/sub/x; chmod +x $FLOWC_OUT/d/sub/x
		mkdir $FLOWC_OUT/l; echo l0 > $FLOWC_OUT/l/a.txt; echo l1 > $FLOWC_OUT/l/b.txt
		mkdir $FLOWC_OUT/m; echo m0 > "$FLOWC_OUT/m/eu.txt"; echo m1 > "$FLOWC_OUT/m/us%2Fwest.txt"
	`, out("f", "file"), out("d", "dir"), out("l", "list<file>"), out("m", "map<file>"))
	consumer := script("b", `
		{
			cat "$f"; echo changed >> "$f"; echo "${f##*/}"
			cat "$d/sub/x"; test -x "$d/sub/x"
			for x in "$l"/*; do echo "${x##*/} $(cat "$x")"; done
			while read -r p; do cat "$p"; done < "$FLOWC_IN/l.list"
			ls "$m"
		} > $FLOWC_OUT/seen
	`, out("seen", "string"))
	for _, o := range producer.Outputs {
		consumer.Inputs = append(consumer.Inputs, contract.Input{Name: o.Name, Expr: reads(t, contract.Ref{Step: "a", Port: o.Name, Type: o.Type})})
	}
	consumer.Steps = map[string]contract.StepPlace{"a": {}}
	cfg := config(t, plan(producer, consumer))
	mustRun(t, cfg, root("a"))
	want := `"one\nf.csv\ntwo\n00000.txt l0\n00001.txt l1\nl0\nl1\neu.txt\nus%2Fwest.txt"`
	if got := value(mustRun(t, cfg, root("b")), "seen"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if res := mustRun(t, cfg, root("a")); content(t, cfg, res, "f") != "one\n" {
		t.Error("a consumer changed the file in the store")
	}
}

func TestArgv(t *testing.T) {
	text := func(s string) contract.Arg { return contract.Arg{Text: &s} }
	hostile := `a'b"c$(id)\n*`
	step := &contract.Step{Step: "s", Argv: []contract.Arg{text("./tool"), {Input: "x"}, text(""), text(hostile), {Output: "o"}},
		Inputs: []contract.Input{constInput(t, "x", "string", `"-n $x"`)}, Outputs: []contract.Output{out("o", "string")}}
	cfg := config(t, plan(step))
	writeCode(t, cfg, "tool", "#!/bin/sh\nfor a; do printf '<%s>' \"$a\"; done > \"$4\"\n")
	res := mustRun(t, cfg, root("s"))
	if got := value(res, "o"); !strings.HasPrefix(got, `"<-n $x><><a'b\"c$(id)\\n*></`) {
		t.Error(got)
	}
	for name, broken := range map[string]struct {
		args  []contract.Arg
		input contract.Input
		want  string
	}{
		"no program":  {[]contract.Arg{text("no-such-tool")}, constInput(t, "x", "int", "1"), "there is no program no-such-tool"},
		"nil":         {[]contract.Arg{text("echo"), {Input: "x"}}, constInput(t, "x", "int?", "null"), "input x is nil"},
		"zero byte":   {[]contract.Arg{text("echo"), {Input: "x"}}, constInput(t, "x", "string", `"a\u0000b"`), "zero byte"},
		"not runable": {[]contract.Arg{text("./data")}, constInput(t, "x", "int", "1"), "may not be executed"},
	} {
		step := &contract.Step{Step: "s", Argv: broken.args, Inputs: []contract.Input{broken.input}}
		cfg := config(t, plan(step))
		if err := os.WriteFile(filepath.Join(cfg.Code, "data"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		o := Run(context.Background(), cfg, root("s"))
		if o.Exit != contract.ExitFinal || o.Err == nil || !strings.Contains(o.Err.Error(), broken.want) {
			t.Errorf("%s: exit %d, %v; want %q", name, o.Exit, o.Err, broken.want)
		}
	}
}

func TestShells(t *testing.T) {
	for _, test := range []struct {
		shell, text string
		exit        int
	}{
		{"", "false; true", contract.ExitAgain},
		{"", "echo $undefined", contract.ExitAgain},
		{"", "false | true", contract.ExitDone},
		{"bash", "false | true", contract.ExitAgain},
		{"bash", "[[ a == a ]]", contract.ExitDone},
	} {
		step := &contract.Step{Step: "s", Script: &contract.Script{Text: test.text, Shell: test.shell}}
		if o := Run(context.Background(), config(t, plan(step)), root("s")); o.Exit != test.exit {
			t.Errorf("%s %q: exit %d, want %d: %v", test.shell, test.text, o.Exit, test.exit, o.Err)
		}
	}
}

// The user's own exit codes never reach the orchestrator.
func TestExitCodes(t *testing.T) {
	for _, code := range []int{1, 2, 70, 75, 126, 137, 143, 255} {
		cfg := config(t, plan(script("s", fmt.Sprintf("echo said; exit %d", code))))
		o := Run(context.Background(), cfg, root("s"))
		if o.Exit != contract.ExitAgain || o.Fail == nil || o.Fail.Kind != kindError || o.Fail.ExitCode == nil || *o.Fail.ExitCode != code || o.Fail.Final {
			t.Errorf("exit %d: %d %+v", code, o.Exit, o.Fail)
		}
		if len(o.Tail) != 1 || o.Tail[0] != "said" {
			t.Errorf("tail %q", o.Tail)
		}
	}
	step := script("s", "exit 75")
	step.Retry = &contract.Retry{Attempts: 3, For: []string{"oom", "evicted"}}
	o := Run(context.Background(), config(t, plan(step)), root("s"))
	if o.Exit != contract.ExitFinal || !o.Fail.Final {
		t.Errorf("an error that is not retried: exit %d, %+v", o.Exit, o.Fail)
	}
	o = Run(context.Background(), config(t, plan(script("s", "kill -KILL $$"))), root("s"))
	if o.Exit != contract.ExitAgain || *o.Fail.ExitCode != 137 || !strings.Contains(o.Fail.Message, "signal 9") {
		t.Errorf("killed: exit %d, %+v", o.Exit, o.Fail)
	}
}

// A file that nobody declared is worth a word, and only that.
func TestUndeclared(t *testing.T) {
	cfg := config(t, plan(script("s", "echo 1 > $FLOWC_OUT/n; echo 2 > $FLOWC_OUT/stray.txt", out("n", "int"))))
	mustRun(t, cfg, root("s"))
	if log := logOf(t, cfg, "s", "_", 0); !strings.Contains(log, "$FLOWC_OUT/stray.txt is no declared output") {
		t.Errorf("log: %q", log)
	}
}

// Nothing of a task stays behind on the machine.
func TestScratchIsRemoved(t *testing.T) {
	cfg := config(t, plan(script("s", "echo 1 > $FLOWC_OUT/n; exit 3", out("n", "int"))))
	Run(context.Background(), cfg, root("s"))
	left, _ := os.ReadDir(cfg.Scratch)
	if len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestEscapeKey(t *testing.T) {
	for _, key := range []string{"", "%", "a", "a.b", "a/b", "..", "ä€😀", "a b", "%41", "\x00\n", strings.Repeat("/", 10)} {
		name := escapeKey(key)
		if name == "" || strings.ContainsAny(name, "/. \x00\n") {
			t.Errorf("%q gives the bad name %q", key, name)
		}
		if back := unescapeKey(name); back != key {
			t.Errorf("%q -> %q -> %q", key, name, back)
		}
	}
}

func FuzzEscapeKey(f *testing.F) {
	for _, s := range []string{"", "%", "%4", "%41", "a.b/c", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if back := unescapeKey(escapeKey(key)); back != key {
			t.Errorf("%q -> %q -> %q", key, escapeKey(key), back)
		}
		unescapeKey(key)
	})
}

func TestSplitExt(t *testing.T) {
	for name, want := range map[string][2]string{
		"a.csv": {"a", ".csv"}, "a.csv.gz": {"a", ".csv.gz"}, "a.b.csv": {"a.b", ".csv"}, "a": {"a", ""}, ".csv": {".csv", ""},
		"a.": {"a.", ""}, "a.c d": {"a.c d", ""}, "part-1.2.parquet": {"part-1.2", ".parquet"}, "x.gz": {"x", ".gz"},
	} {
		stem, ext := splitExt(name)
		if stem != want[0] || ext != want[1] {
			t.Errorf("%s: %q %q, want %q", name, stem, ext, want)
		}
	}
}

// What is printed goes to whoever looks on, to the tail and into the store.
func TestLog(t *testing.T) {
	cfg := config(t, plan(script("s", "echo out; echo err >&2; printf 'no newline'")))
	var live bytes.Buffer
	o := Run(context.Background(), cfg, Task{Step: "s", Path: record.Path{}, Log: &live})
	if want := "out\nerr\nno newline"; live.String() != want || logOf(t, cfg, "s", "_", 0) != want {
		t.Errorf("live %q, stored %q", live.String(), logOf(t, cfg, "s", "_", 0))
	}
	if strings.Join(o.Tail, "|") != "out|err|no newline" {
		t.Errorf("tail %q", o.Tail)
	}
}
