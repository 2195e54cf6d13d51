package runtime

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/types"
)

// ParamErrors are all findings about the params of a run, in the order of
// declaration, then unknown names.
type ParamErrors []ParamError

// ParamError is one finding.
type ParamError struct {
	Param   string
	Message string // without the param's name
}

func (e ParamError) Error() string { return "param " + e.Param + ": " + e.Message }

func (e ParamErrors) Error() string {
	lines := make([]string, len(e))
	for i, f := range e {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// ParseParam reads a param's value from a command line, as JSON: text for
// scalars, JSON for everything else.
func ParseParam(typ, text string) (json.RawMessage, error) {
	t, err := types.Decode(typ)
	if err != nil {
		return nil, err
	}
	v, err := types.ParseText(t, text)
	if err != nil {
		return nil, err
	}
	return types.MarshalValue(t, v)
}

// CheckParams checks raw values against the flow's declarations, and fills in
// defaults. The values are as their types have them in memory; a param that is
// nil is absent. All findings come back at once, as [ParamErrors].
func CheckParams(params []contract.Param, raw map[string]json.RawMessage) (map[string]any, error) {
	return checkParams(params, raw, false)
}

// checkParams is CheckParams where values may be texts, as JSON strings.
func checkParams(params []contract.Param, raw map[string]json.RawMessage, texts bool) (map[string]any, error) {
	var findings ParamErrors
	values := map[string]any{}
	names := make([]string, len(params))
	for i := range params {
		p := &params[i]
		names[i] = p.Name
		text, given := raw[p.Name]
		if !given {
			text = p.Default
		}
		var err error
		if s := ""; given && texts && json.Unmarshal(text, &s) == nil {
			text, err = ParseParam(p.Type, s)
		}
		var v any
		if err == nil {
			v, err = checkParam(p, text)
		}
		if err != nil {
			findings = append(findings, ParamError{p.Name, err.Error()})
		} else if v != nil {
			values[p.Name] = v
		}
	}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		if slices.Contains(names, name) {
			continue
		}
		message := "the flow has no param of that name"
		if near := types.Suggest(name, names); near != "" {
			message += "; did you mean " + near + "?"
		} else if len(names) > 0 {
			message += "; it has " + strings.Join(names, ", ")
		}
		findings = append(findings, ParamError{name, message})
	}
	if len(findings) > 0 {
		return nil, findings
	}
	return values, nil
}

func checkParam(p *contract.Param, text json.RawMessage) (any, error) {
	t, err := types.Decode(p.Type)
	if err != nil {
		return nil, fmt.Errorf("the plan has a damaged type: %w", err)
	}
	if len(bytes.TrimSpace(text)) == 0 {
		if types.IsOptional(t) {
			return nil, nil
		}
		return nil, fmt.Errorf("it is required (%s) and was not given", t)
	}
	v, err := types.UnmarshalValue(t, text)
	if err != nil {
		return nil, fmt.Errorf("expected %s: %w", t, err)
	}
	if v == nil {
		return nil, nil
	}
	if err := inRange(p, v); err != nil {
		return nil, err
	}
	if s, ok := v.(string); ok && p.Pattern != "" {
		re, err := regexp.Compile(`\A(?:` + p.Pattern + `)\z`)
		if err != nil {
			return nil, fmt.Errorf("the plan has a malformed pattern: %w", err)
		}
		if !re.MatchString(s) {
			return nil, fmt.Errorf("%s does not match the pattern %s", shortQuote(s), p.Pattern)
		}
	}
	return v, inSchema(p, t, v)
}

// inRange checks min and max. Numbers and dates have an order; a text and a
// list is measured by its length nowhere, so they have none.
func inRange(p *contract.Param, v any) error {
	for _, bound := range []struct {
		name string
		raw  json.RawMessage
		sign int
	}{{"min", p.Min, -1}, {"max", p.Max, 1}} {
		if len(bound.raw) == 0 {
			continue
		}
		c, err := compareTo(v, bound.raw)
		if err != nil {
			return fmt.Errorf("the plan has a malformed %s: %w", bound.name, err)
		}
		if c == bound.sign || c == incomparable {
			word := "less than its min"
			if bound.sign > 0 {
				word = "more than its max"
			}
			if c == incomparable {
				word = "not a number, so it is not within its " + bound.name
			}
			return fmt.Errorf("%s is %s, %s", valueText(v), word, bound.raw)
		}
	}
	return nil
}

const incomparable = 2

// compareTo is -1, 0 or 1, or incomparable for NaN.
func compareTo(v any, bound json.RawMessage) (int, error) {
	switch v := v.(type) {
	case int64:
		b, err := types.UnmarshalValue(types.Int, bound)
		if err == nil {
			return compareOrdered(v, b.(int64)), nil
		}
		f, err := types.UnmarshalValue(types.Float, bound)
		if err != nil {
			return 0, err
		}
		return compareOrdered(float64(v), f.(float64)), nil
	case float64:
		b, err := types.UnmarshalValue(types.Float, bound)
		if err != nil {
			return 0, err
		}
		if math.IsNaN(v) {
			return incomparable, nil
		}
		return compareOrdered(v, b.(float64)), nil
	case string:
		b, err := types.UnmarshalValue(types.String, bound)
		if err != nil {
			return 0, err
		}
		return compareOrdered(v, b.(string)), nil
	}
	return 0, errors.New("the type has no order")
}

func compareOrdered[T int64 | float64 | string](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// inSchema checks a value against the user's own JSON Schema.
func inSchema(p *contract.Param, t types.Type, v any) error {
	if len(p.Schema) == 0 {
		return nil
	}
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft2020
	c.LoadURL = func(url string) (io.ReadCloser, error) {
		return nil, fmt.Errorf("it refers to %s, but a schema must be complete in itself", url)
	}
	const url = "flowc:///param"
	if err := c.AddResource(url, bytes.NewReader(p.Schema)); err != nil {
		return fmt.Errorf("the plan has a malformed schema: %w", err)
	}
	s, err := c.Compile(url)
	if err != nil {
		return fmt.Errorf("the plan has a malformed schema: %w", err)
	}
	text, err := types.MarshalValue(t, v)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var plain any
	if err := dec.Decode(&plain); err != nil {
		return err
	}
	err = s.Validate(plain)
	var invalid *jsonschema.ValidationError
	if errors.As(err, &invalid) {
		return errors.New("it does not fit its schema: " + strings.Join(leaves(invalid), "; "))
	}
	return err
}

// leaves are the causes of a schema's verdict, each with its place.
func leaves(e *jsonschema.ValidationError) []string {
	if len(e.Causes) == 0 {
		if e.InstanceLocation == "" {
			return []string{e.Message}
		}
		return []string{"at " + e.InstanceLocation + ": " + e.Message}
	}
	var out []string
	for _, c := range e.Causes {
		out = append(out, leaves(c)...)
	}
	return out
}

func valueText(v any) string { return types.Text(types.Any, v) }

func shortQuote(s string) string {
	if len(s) > 60 {
		s = s[:57] + "..."
	}
	return fmt.Sprintf("%q", s)
}
