package runs_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/flowc-dev/flowc/engine"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/runs"
	"github.com/flowc-dev/flowc/store/mem"
)

// get reads a value as JSON text.
func get(r *runs.Reader, address string) (string, error) {
	a, err := runs.ParseAddress(address)
	if err != nil {
		return "", err
	}
	id, err := r.Find(ctx, a)
	if err != nil {
		return "", err
	}
	v, err := r.Get(ctx, id, a)
	if err != nil {
		return "", err
	}
	text, err := v.JSON()
	return string(text), err
}

func TestGet(t *testing.T) {
	s := mem.New(t.Name())
	first := start(t, s, flow, nil)
	start(t, s, flow, func(o *engine.Options) { o.Resume = &engine.Resume{Run: first, From: []string{"sum"}} })
	r := runs.New(s)
	for address, want := range map[string]string{
		"latest/sum/n":        "8",
		"latest/sum[_]/n":     "8",
		"latest/size[2]/size": "4",
		"latest/part/size":    "[2,2,4]",
		"latest/packed/v":     "[0,1,2,3,4]",
		"latest/packed[3]/v":  "3",
		"latest/risky/x":      "null",
		"latest/risky/error":  `{"exit_code":4,"kind":"error","message":"the command ended with exit code 4"}`,
		"latest/never/y":      "null",
		"latest/maybe/z":      "1",
		"latest/high/z":       "1",
		"latest/count/k":      "3",
		"latest/inc[1]/k":     "2",
		"latest/total":        "8",
		"latest/each":         "[2,2,4]",
		"ways@latest/total":   "8",
		first.Run + "/total":  "8",
	} {
		got, err := get(r, address)
		if err != nil || got != want {
			t.Errorf("%s is %s (%v), want %s", address, got, err, want)
		}
	}
	for address, want := range map[string]string{
		"latest":              "name an artifact: RUN/STEP/ARTIFACT, or what the flow exports: RUN/total",
		"latest/sum":          "latest/sum is a step; name one of its artifacts: latest/sum/ARTIFACT; there are n, text",
		"latest/part":         "there is only size",
		"latest/sum[_]":       "there are n, text",
		"latest/sun/n":        "did you mean sum?",
		"latest/totl":         "did you mean total?",
		"latest/sum/txt":      "did you mean text?",
		"latest/part/sise":    "did you mean size?",
		"latest/size/size":    "name 1 of them, for example latest/size[0]/size",
		"latest/size[0.1]/x":  "name 1 of them",
		"latest/sum[0]/n":     "leave out the index, latest/sum/n",
		"latest/packed[7]/v":  "has no task packed[7]: nothing led to it",
		"latest/low/z":        "has no task low: nothing led to it",
		"latest/packed[b1]/v": "a container of a batch has no artifacts",
		"latest/packed[b1]":   "name an artifact of one of its items",
		"latest/size[9]/size": "has no task size[9]",
		"latest/count[0]/k":   "leave out the index, latest/count/k",
	} {
		_, err := get(r, address)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
	}
	a, _ := runs.ParseAddress("latest/load[0]/rows")
	id, err := r.Find(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	v, err := r.Get(ctx, id, a)
	if err != nil {
		t.Fatal(err)
	}
	if b, ok := v.Blob(); !ok || b.Size != 2 || b.Ext != ".txt" || v.Name != "load[0]/rows" || v.Type.String() != "file" {
		t.Errorf("%+v", v)
	}
	names, err := r.Exports(ctx, id)
	if err != nil || strings.Join(names, " ") != "total each" && strings.Join(names, " ") != "each total" {
		t.Errorf("exports %v %v", names, err)
	}
}

func TestGetOfFailed(t *testing.T) {
	s := mem.New(t.Name())
	start(t, s, "flow: bad\nsteps:\n  a: {run: 'exit 9', outputs: {x: int}}\n  b: {inputs: [a.x], run: 'true', outputs: {y: int}}\n", nil)
	for address, want := range map[string]string{
		"latest/a/x": "task a of run",
		"latest/b/y": "was not run: the run failed before",
	} {
		if _, err := get(runs.New(s), address); !errors.Is(err, runs.ErrNotFound) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func logs(t *testing.T, r *runs.Reader, id runs.ID, sel runs.LogSelect) string {
	t.Helper()
	list, err := r.Logs(ctx, id, sel)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, l := range list {
		b.WriteString(l.Task() + "#" + string(rune('0'+l.Attempt)) + ": ")
		var text bytes.Buffer
		if err := r.CopyLog(ctx, &text, l); err != nil {
			t.Fatal(err)
		}
		if int64(text.Len()) != l.Size {
			t.Errorf("%s has %d bytes, not %d", l.Task(), text.Len(), l.Size)
		}
		b.WriteString(strings.ReplaceAll(text.String(), "\n", "; "))
		b.WriteByte('\n')
	}
	return b.String()
}

func TestLogs(t *testing.T) {
	s := mem.New(t.Name())
	id := start(t, s, flow, nil)
	r := runs.New(s)
	load := "load[0]#1: loading eu; \nload[1]#1: loading us; \nload[1]#2: loading us; \nload[2]#1: loading asia; \n"
	if got := logs(t, r, id, runs.LogSelect{Step: "load"}); got != load {
		t.Errorf("got\n%s", got)
	}
	if got := logs(t, r, id, runs.LogSelect{Step: "load", LastOnly: true}); got != strings.Replace(load, "load[1]#1: loading us; \n", "", 1) {
		t.Errorf("got\n%s", got)
	}
	if got := logs(t, r, id, runs.LogSelect{Step: "load", Path: record.Path{1}, LastOnly: true}); got != "load[1]#2: loading us; \n" {
		t.Errorf("got\n%s", got)
	}
	container := logs(t, r, id, runs.LogSelect{Step: "packed", Path: record.Path{3}})
	if !strings.HasPrefix(container, "packed[b1]#1: ") || !strings.Contains(container, "item 2") || !strings.Contains(container, "item 3") {
		t.Errorf("got\n%s", container)
	}
	if got := logs(t, r, id, runs.LogSelect{Step: "packed", Unit: "b1"}); got != container {
		t.Errorf("got\n%s", got)
	}
	all := logs(t, r, id, runs.LogSelect{})
	if !strings.HasPrefix(all, load) || !strings.Contains(all, container) {
		t.Errorf("got\n%s", all)
	}
	if got := logs(t, r, id, runs.LogSelect{Step: "sum"}); got != "" {
		t.Errorf("a step that printed nothing has %q", got)
	}
	for _, sel := range []runs.LogSelect{{Step: "lod"}, {Step: "part"}} {
		if _, err := r.Logs(ctx, id, sel); !errors.Is(err, runs.ErrNotFound) {
			t.Errorf("%+v: %v", sel, err)
		}
	}

	// Tasks that were taken over printed in the run that did them.
	second := start(t, s, flow, func(o *engine.Options) { o.Resume = &engine.Resume{Run: id} })
	if got := logs(t, r, second, runs.LogSelect{Step: "load"}); got != load {
		t.Errorf("got\n%s", got)
	}
	var text bytes.Buffer
	if err := r.Log(ctx, &text, second, "load", record.Path{1}); err != nil || text.String() != "loading us\nloading us\n" {
		t.Errorf("%q %v", &text, err)
	}
}

func TestFollowLogs(t *testing.T) {
	s := mem.New(t.Name())
	id := start(t, s, flow, nil)
	var b strings.Builder
	err := runs.New(s).FollowLogs(ctx, id, runs.LogSelect{Step: "load"}, time.Millisecond, func(l *runs.Log, text io.Reader) error {
		_, err := io.Copy(&b, text)
		return err
	})
	if err != nil || b.String() != "loading eu\nloading us\nloading us\nloading asia\n" {
		t.Errorf("%q %v", b.String(), err)
	}
}
