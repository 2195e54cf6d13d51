// Package control computes what a decision comes to: how many items a foreach
// has and which, which case a switch takes, whether a gate is open, whether a
// loop goes on. The same code runs in the compiler, for what is constant, and
// in the task that decides at run time, so that they cannot differ.
package control

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/types"
)

// MaxItems is the largest number of items that a foreach may have.
const MaxItems = 10_000_000

// Eval gives the value of an expression where the decision is made.
type Eval func(*contract.Expr) (any, error)

// Evaluate computes a decision. Item lists are whole: whoever writes the record
// moves long ones into pages. iteration is the number, from 0, of the iteration
// that has just ended; it matters for loops only.
func Evaluate(d *contract.Decision, iteration int, eval Eval) (*record.Control, error) {
	if d.When != nil {
		open, err := truth(d.When, eval)
		if err != nil {
			return nil, fmt.Errorf("`when` of %s: %w", d.Node, err)
		}
		if !open {
			return Neutral(d), nil
		}
	}
	switch d.Kind {
	case contract.DecideGate:
		open, err := truth(d.Expr, eval)
		if err != nil {
			return nil, fmt.Errorf("`when` of %s: %w", d.Node, err)
		}
		return &record.Control{Gate: &open}, nil
	case contract.DecideCase:
		return chosen(d, eval)
	case contract.DecideAgain:
		return again(d, iteration, eval)
	case contract.DecideCount:
		return count(d, eval)
	}
	return nil, fmt.Errorf("the contract has a decision of unknown kind %q about %s", d.Kind, d.Node)
}

// Neutral is what a decider says that has nothing to say, because its scope has
// failed or the node's gate is closed: no items, no case, closed, no further iteration.
func Neutral(d *contract.Decision) *record.Control {
	no, zero := false, 0
	switch d.Kind {
	case contract.DecideGate:
		return &record.Control{Gate: &no}
	case contract.DecideCount:
		return &record.Control{Count: &zero}
	case contract.DecideCase:
		return &record.Control{None: true}
	}
	return &record.Control{Again: &no}
}

// LoopError says that a loop has reached its bound.
type LoopError struct {
	Loop string
	Max  int
}

func (e *LoopError) Error() string {
	return fmt.Sprintf("loop %s has run %d times, its `max`, and its `until` does not hold; raise `max`, or say `at_max: stop` to go on with the last iteration's values", e.Loop, e.Max)
}

func truth(e *contract.Expr, eval Eval) (bool, error) {
	v, err := eval(e)
	if err != nil {
		return false, err
	}
	b, ok := v.(bool)
	if !ok {
		return false, fmt.Errorf("want true or false, got %s", kindOf(v))
	}
	return b, nil
}

func chosen(d *contract.Decision, eval Eval) (*record.Control, error) {
	v, err := eval(d.Expr)
	if err != nil {
		return nil, fmt.Errorf("`switch` of %s: %w", d.Node, err)
	}
	var label string
	switch v := v.(type) {
	case string:
		label = v
	case bool:
		label = fmt.Sprint(v)
	default:
		return nil, fmt.Errorf("`switch` of %s: want a text or true or false, got %s", d.Node, kindOf(v))
	}
	if !slices.Contains(d.Labels, label) {
		label = ""
	}
	return &record.Control{Case: &label}, nil
}

func again(d *contract.Decision, iteration int, eval Eval) (*record.Control, error) {
	done, err := truth(d.Expr, eval)
	if err != nil {
		return nil, fmt.Errorf("`until` of %s: %w", d.Node, err)
	}
	more := !done
	if more && d.Max > 0 && iteration+1 >= d.Max {
		if !d.Stop {
			return nil, &LoopError{Loop: d.Node, Max: d.Max}
		}
		more = false
	}
	return &record.Control{Again: &more}, nil
}

func count(d *contract.Decision, eval Eval) (*record.Control, error) {
	c := &record.Control{}
	total := 1
	for i := range d.Over {
		over := &d.Over[i]
		v, err := eval(&over.Expr)
		if err != nil {
			return nil, fmt.Errorf("`foreach` of %s: %w", d.Node, err)
		}
		list, err := items(over, v)
		if err != nil {
			return nil, fmt.Errorf("`foreach` of %s: %w", d.Node, err)
		}
		packed, err := pack(over.Item, list)
		if err != nil {
			return nil, fmt.Errorf("`foreach` of %s: %w", d.Node, err)
		}
		c.Items = append(c.Items, packed)
		c.Lens = append(c.Lens, len(list))
		if d.Zip && i > 0 && len(list) != c.Lens[0] {
			return nil, fmt.Errorf("`foreach` of %s zips lists of different lengths: %s items", d.Node, joinInts(c.Lens))
		}
		if d.Zip {
			total = len(list)
		} else if len(list) > 0 && total > MaxItems/len(list) {
			return nil, fmt.Errorf("`foreach` of %s has more than %d items", d.Node, MaxItems)
		} else {
			total *= len(list)
		}
	}
	if d.Max > 0 && total > d.Max {
		return nil, fmt.Errorf("`foreach` of %s has %d items, more than its `max: %d` allows", d.Node, total, d.Max)
	}
	c.Count = &total
	return c, nil
}

// items turns the value of a list or map into what the variable runs over.
func items(over *contract.Over, v any) ([]any, error) {
	switch v := v.(type) {
	case []any:
		return v, nil
	case map[string]any:
		if !over.Map {
			break
		}
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		out := make([]any, len(keys))
		for i, k := range keys {
			out[i] = map[string]any{"key": k, "value": v[k]}
		}
		return out, nil
	}
	return nil, fmt.Errorf("want a list to run over, got %s", kindOf(v))
}

// pack encodes items; consecutive numbers become a range, whatever made them.
func pack(itemType string, list []any) (record.Items, error) {
	out := record.Items{Type: itemType}
	if from, ok := consecutive(list); ok {
		out.Range, out.From = true, from
		return out, nil
	}
	t, err := types.Decode(itemType)
	if err != nil {
		return out, err
	}
	out.List = make([]record.Raw, len(list))
	for i, v := range list {
		if out.List[i], err = types.MarshalValue(t, v); err != nil {
			return out, fmt.Errorf("item %d: %w", i, err)
		}
	}
	return out, nil
}

func consecutive(list []any) (from int64, ok bool) {
	if len(list) < 2 {
		return 0, false
	}
	for i, v := range list {
		n, isInt := v.(int64)
		if !isInt {
			return 0, false
		}
		if i == 0 {
			from = n
		} else if n-from != int64(i) {
			return 0, false
		}
	}
	return from, from <= math.MaxInt64-int64(len(list))
}

// Split translates a flat item number into one index for each variable: the
// last varies fastest. With zip all are the same.
func Split(n int, lens []int, zip bool) []int {
	out := make([]int, len(lens))
	for i := len(lens) - 1; i >= 0; i-- {
		if zip {
			out[i] = n
			continue
		}
		if lens[i] > 0 {
			out[i] = n % lens[i]
			n /= lens[i]
		}
	}
	return out
}

func joinInts(ns []int) string {
	texts := make([]string, len(ns))
	for i, n := range ns {
		texts[i] = fmt.Sprint(n)
	}
	return strings.Join(texts, " and ")
}

// kindOf names the kind of a value for people.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "nil"
	case bool:
		return "true or false"
	case int64, float64:
		return "a number"
	case string:
		return "a text"
	case []any:
		return "a list"
	case map[string]any:
		return "a map or record"
	case types.Blob:
		return "a file"
	}
	return "a JSON value"
}
