// Package params turns what a user gives on the command line and in a file into
// the params of a run, as JSON. It checks names and types, so that a mistake is
// reported at its place before anything starts; bounds and patterns are checked
// where the run is initialised, on every target alike.
package params

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/frontend/yaml"
	"github.com/flowc-dev/flowc/types"
)

// Upload takes a file or folder into the store and returns the JSON of a
// reference to it.
type Upload func(path string) (json.RawMessage, error)

// Set collects the values of one run's params.
type Set struct {
	flow   string
	types  map[string]types.Type
	names  []string
	upload Upload
	values map[string]json.RawMessage
	given  map[string]bool // by a flag
}

// New makes a Set for the params that a flow declares.
func New(flow *contract.Flow, upload Upload) (*Set, error) {
	s := &Set{
		flow: flow.Flow, upload: upload,
		types: map[string]types.Type{}, values: map[string]json.RawMessage{}, given: map[string]bool{},
	}
	for _, p := range flow.Params {
		t, err := types.Decode(p.Type)
		if err != nil {
			return nil, fmt.Errorf("param %s of the plan: %w", p.Name, err)
		}
		s.types[p.Name] = t
		s.names = append(s.names, p.Name)
	}
	return s, nil
}

// Values returns what was given, by name.
func (s *Set) Values() map[string]json.RawMessage { return s.values }

// Flag takes one `name=value`. The value of a bool, number, text, date or enum
// is the text itself; of a file or folder its path; of everything else JSON.
// `name=@path` reads the value from a file; a text that begins with @ is
// written with two.
func (s *Set) Flag(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return fmt.Errorf("%q is not name=value", text)
	}
	t, err := s.param(name)
	if err != nil {
		return err
	}
	if s.given[name] {
		return fmt.Errorf("param %s is given twice", name)
	}
	s.given[name] = true
	if from, ok := strings.CutPrefix(value, "@"); ok && !isPath(t) {
		if rest, ok := strings.CutPrefix(from, "@"); ok {
			value = "@" + rest
		} else if value, err = readValue(from); err != nil {
			return fmt.Errorf("param %s: %w", name, err)
		}
	}
	raw, err := s.text(t, value)
	if err != nil {
		return fmt.Errorf("param %s: %w", name, err)
	}
	s.values[name] = raw
	return nil
}

// maxValue is the largest file that a value is read from, in bytes.
const maxValue = 16 << 20

func readValue(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.Size() > maxValue {
		return "", fmt.Errorf("%s is larger than %d MiB", path, maxValue>>20)
	}
	text, err := os.ReadFile(path)
	return strings.TrimSuffix(string(text), "\n"), err
}

// text turns the text of a value into JSON.
func (s *Set) text(t types.Type, text string) (json.RawMessage, error) {
	if isPath(t) && text != "" {
		return s.upload(text)
	}
	if types.HasBlob(t) {
		return nil, fmt.Errorf("%s can't be given on the command line", t)
	}
	v, err := types.ParseText(t, text)
	if err != nil {
		if !types.IsScalar(t) && !json.Valid([]byte(text)) {
			return nil, fmt.Errorf("%s is given as JSON, %s", t, example(t))
		}
		return nil, err
	}
	return types.MarshalValue(t, v)
}

// example is how a value that is no scalar may look.
func example(t types.Type) string {
	switch types.Unopt(t).(type) {
	case types.List:
		return "in [brackets], texts in \"quotes\""
	case types.Map, types.Record:
		return "in {braces}, names and texts in \"quotes\""
	}
	return "texts in \"quotes\""
}

// isPath reports whether values of t are given by their path.
func isPath(t types.Type) bool {
	t = types.Unopt(t)
	return t == types.File || t == types.Dir
}

func (s *Set) param(name string) (types.Type, error) {
	t, ok := s.types[name]
	if !ok {
		return nil, errors.New(s.unknown(name))
	}
	return t, nil
}

func (s *Set) unknown(name string) string {
	what := fmt.Sprintf("flow %s has no param %q", s.flow, name)
	switch near, ok := diag.Suggest(name, s.names); {
	case ok:
		return what + "; did you mean " + near + "?"
	case len(s.names) == 0:
		return what + ", and no other"
	}
	return what + "; it has " + strings.Join(s.names, ", ")
}

// File takes a YAML or JSON file that maps names to values. Findings have
// their places in the file.
func (s *Set) File(srcs *diag.Sources, name string, text []byte) diag.List {
	entries, found := yaml.Values(srcs, name, text)
	for _, e := range entries {
		t, ok := s.types[e.Name.Value]
		if !ok {
			found.Error(diag.UnknownName, e.Name.Span, s.unknown(e.Name.Value))
			continue
		}
		if e.Value == nil || s.given[e.Name.Value] {
			continue
		}
		raw, err := s.literal(t, e.Value.JSON)
		if err != nil {
			span := e.Value.Span
			var bad *types.ValueError
			if errors.As(err, &bad) && e.Value.At != nil {
				span = e.Value.At(bad.Path)
				err = errors.New(bad.Message)
			}
			found.Error(diag.TypeMismatch, span, fmt.Sprintf("param %s wants %s: %v", e.Name.Value, t, err))
			continue
		}
		s.values[e.Name.Value] = raw
	}
	return found.Sorted()
}

// literal turns the JSON of a value as it was written into what is stored.
func (s *Set) literal(t types.Type, text []byte) (json.RawMessage, error) {
	if isPath(t) && string(text) != "null" {
		var path string
		if err := json.Unmarshal(text, &path); err != nil {
			return nil, errors.New("give the path of a file")
		}
		return s.upload(path)
	}
	v, err := types.UnmarshalValue(t, text)
	if err != nil {
		return nil, err
	}
	return types.MarshalValue(t, v)
}
