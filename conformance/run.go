package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/artifact"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/runs"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/types"
)

// Target runs flows somewhere. What a run leaves is read from its store, the
// same on all of them.
type Target interface {
	// Run runs a case to its end, however it ends. Code is a folder with
	// Case.Files in it. An error says that the flow could not be run at all.
	Run(ctx context.Context, c *Case, code string) (Ran, error)
}

// Ran says where to look.
type Ran struct {
	Store store.Store
	ID    runs.ID
}

// Run tries every case on a target. Each gets a target of its own.
func Run(t *testing.T, fresh func(t *testing.T) Target) {
	cases, err := Cases()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			code := t.TempDir()
			if err := c.Unpack(code); err != nil {
				t.Fatal(err)
			}
			ran, err := fresh(t).Run(t.Context(), c, code)
			if err != nil {
				t.Fatal(err)
			}
			for _, wrong := range Check(t.Context(), c, ran) {
				t.Error(wrong)
			}
		})
	}
}

// Unpack writes the flow and its code package into a folder.
func (c *Case) Unpack(dir string) error {
	for name, data := range c.Files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Check compares what a run left with what the case wants. It returns every
// difference, in words.
func Check(ctx context.Context, c *Case, ran Ran) []string {
	k := &checker{ctx: ctx, ran: ran, reader: runs.New(ran.Store)}
	run, err := k.reader.Show(ctx, ran.ID, runs.ShowOptions{})
	if err != nil {
		return []string{err.Error()}
	}
	k.run = run
	if got := string(run.Status); got != c.Want.Status {
		k.wrong("the run is %s, want %s%s", got, c.Want.Status, because(run.Error))
		return k.out
	}
	k.values(c.Want.Values)
	k.values(c.Want.Exports)
	k.files(c.Want.Files)
	k.tasks(c.Want)
	if f := c.Want.Failed; f != nil {
		k.failure(f)
	}
	for _, step := range sorted(c.Want.Logs) {
		k.log(step, c.Want.Logs[step])
	}
	return k.out
}

type checker struct {
	ctx    context.Context
	ran    Ran
	reader *runs.Reader
	run    *runs.Run
	out    []string
}

func (k *checker) wrong(format string, args ...any) {
	k.out = append(k.out, fmt.Sprintf(format, args...))
}

func because(e *record.TaskError) string {
	if e == nil {
		return ""
	}
	return fmt.Sprintf(": %s[%s]: %s: %s", e.Step, e.Path, e.Kind, e.Message)
}

func (k *checker) get(address string) (any, error) {
	a, err := runs.ParseAddress(k.ran.ID.Run + "/" + address)
	if err != nil {
		return nil, err
	}
	v, err := k.reader.Get(k.ctx, k.ran.ID, a)
	if err != nil {
		return nil, err
	}
	return v.Value, nil
}

func (k *checker) values(want map[string]any) {
	for _, address := range sorted(want) {
		v, err := k.get(address)
		if err != nil {
			k.wrong("%s: %v", address, err)
			continue
		}
		got, err := types.MarshalValue(types.Any, v)
		if err != nil {
			k.wrong("%s: %v", address, err)
			continue
		}
		expected, err := plain(want[address])
		if err != nil {
			k.wrong("%s: want.yaml: %v", address, err)
			continue
		}
		if !bytes.Equal(got, expected) {
			k.wrong("%s is %s, want %s", address, got, expected)
		}
	}
}

// plain is a value of want.yaml as canonical JSON.
func plain(v any) ([]byte, error) {
	if f, ok := v.(float64); ok {
		return types.MarshalValue(types.Float, f)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return types.Canonical(text)
}

func (k *checker) files(want map[string]string) {
	for _, address := range sorted(want) {
		v, err := k.get(address)
		if err != nil {
			k.wrong("%s: %v", address, err)
			continue
		}
		blob, ok := v.(types.Blob)
		if !ok {
			k.wrong("%s is %v, want a file", address, v)
			continue
		}
		r, err := artifact.Open(k.ctx, k.ran.Store, blob)
		if err != nil {
			k.wrong("%s: %v", address, err)
			continue
		}
		got, err := io.ReadAll(r)
		r.Close()
		if err != nil || string(got) != want[address] {
			k.wrong("%s holds %q (%v), want %q", address, got, err, want[address])
		}
	}
}

func (k *checker) tasks(want Want) {
	for _, step := range sorted(want.Tasks) {
		n := 0
		for _, t := range k.of(step) {
			if t.Status == string(record.OK) {
				n++
			}
		}
		if n != want.Tasks[step] {
			k.wrong("%s has %d tasks that ended ok, want %d", step, n, want.Tasks[step])
		}
	}
	for _, step := range sorted(want.Attempts) {
		if tasks := k.of(step); len(tasks) != 1 || tasks[0].Attempts != want.Attempts[step] {
			k.wrong("%s has tasks %+v, want one with %d attempts", step, tasks, want.Attempts[step])
		}
	}
	for _, step := range want.Skipped { // by its own task, or never started
		if tasks := k.of(step); len(tasks) > 1 || len(tasks) == 1 && tasks[0].Status != string(record.Skipped) {
			k.wrong("%s has tasks %+v, want it skipped", step, tasks)
		}
	}
	k.status(want.Caught, record.Caught)
}

func (k *checker) status(steps []string, status record.Status) {
	for _, step := range steps {
		if tasks := k.of(step); len(tasks) != 1 || tasks[0].Status != string(status) {
			k.wrong("%s has tasks %+v, want one that is %s", step, tasks, status)
		}
	}
}

func (k *checker) of(step string) []runs.Task {
	if s := k.run.Step(step); s != nil {
		return s.Tasks
	}
	return nil
}

func (k *checker) failure(want *Failure) {
	e := k.run.Error
	if e == nil {
		k.wrong("the run failed without saying why")
		return
	}
	code := "none"
	if e.ExitCode != nil {
		code = fmt.Sprint(*e.ExitCode)
	}
	match, err := regexp.MatchString("(?s)"+want.Message, e.Message)
	if err != nil {
		k.wrong("want.yaml: %v", err)
	}
	if e.Step != want.Step || want.Path != "" && e.Path != want.Path || want.Kind != "" && e.Kind != want.Kind ||
		want.ExitCode != nil && code != fmt.Sprint(*want.ExitCode) || !match {
		k.wrong("the failure is %s[%s], kind %s, exit code %s: %s\nwant %+v", e.Step, e.Path, e.Kind, code, e.Message, *want)
	}
}

func (k *checker) log(step string, want Log) {
	var text bytes.Buffer
	for _, t := range k.of(step) {
		path, err := record.ParsePath(t.Path)
		if err == nil {
			err = k.reader.Log(k.ctx, &text, k.ran.ID, step, path)
		}
		if err != nil {
			k.wrong("log of %s: %v", step, err)
		}
	}
	if !strings.Contains(text.String(), want.Has) {
		k.wrong("the log of %s lacks %q:\n%s", step, want.Has, &text)
	}
	if want.Hasnt != "" && strings.Contains(text.String(), want.Hasnt) {
		k.wrong("the log of %s holds %q", step, want.Hasnt)
	}
}

func sorted[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
