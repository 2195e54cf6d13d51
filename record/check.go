package record

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxPage is the number of results that a Page may hold, and so the largest batch.
const MaxPage = 10000

func (r *Result) version() *int     { return &r.V }
func (r *Claim) version() *int      { return &r.V }
func (r *Fail) version() *int       { return &r.V }
func (r *Run) version() *int        { return &r.V }
func (r *End) version() *int        { return &r.V }
func (r *Reuse) version() *int      { return &r.V }
func (r *Ends) version() *int       { return &r.V }
func (r *ItemPage) version() *int   { return &r.V }
func (r *Page) version() *int       { return &r.V }
func (r *Scope) version() *int      { return &r.V }
func (r *Summary) version() *int    { return &r.V }
func (r *CacheEntry) version() *int { return &r.V }

func (r *Result) check() error {
	switch r.Status {
	case OK, Skipped:
		if r.Error != nil {
			return fmt.Errorf("error: a task that is %s has none", r.Status)
		}
	case Caught, Poisoned:
		if r.Error == nil {
			return fmt.Errorf("error: a task that is %s has one", r.Status)
		}
		if err := in("error", r.Error.check()); err != nil {
			return err
		}
	default:
		return fmt.Errorf("status: %s is none of ok, skipped, caught, poisoned", quote(string(r.Status)))
	}
	if r.Nonce == "" {
		return errors.New("nonce: it is empty")
	}
	if r.Attempt < 0 {
		return errors.New("attempt: it is negative")
	}
	if err := checkValues("outputs", r.Outputs); err != nil {
		return err
	}
	for _, node := range slices.Sorted(maps.Keys(r.Control)) {
		if err := in("control."+word(node), r.Control[node].check()); err != nil {
			return err
		}
	}
	if r.Cached != nil {
		return in("cached", r.Cached.check())
	}
	return nil
}

func checkValues(field string, values map[string]Value) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if name == "" {
			return fmt.Errorf("%s: an empty name", field)
		}
		if err := in(field+"."+word(name), values[name].check()); err != nil {
			return err
		}
	}
	return nil
}

func (v Value) check() error {
	switch {
	case v.Type == "":
		return errors.New("type: it is empty")
	case (v.Value == nil) == (v.Blob == ""):
		return errors.New("it must have either a value or a blob")
	case v.Blob != "" && !IsDigest(v.Blob):
		return fmt.Errorf("blob: %s is no sha256 in hex", quote(v.Blob))
	case v.Size < 0:
		return errors.New("size: it is negative")
	case v.Ext != "" && !isExt(v.Ext):
		return fmt.Errorf("ext: %s is no file extension", quote(v.Ext))
	}
	return nil
}

func isExt(s string) bool {
	return s[0] == '.' && len(s) <= MaxExt && utf8.ValidString(s) &&
		!strings.ContainsAny(s, `/\`) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// MaxExt is the size in bytes that a file extension may have, its dot included.
const MaxExt = 255

// IsDigest tells whether s is a sha256 in lower case hex.
func IsDigest(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

func (c Control) check() error {
	if c.Count != nil && *c.Count < 0 {
		return errors.New("count: it is negative")
	}
	for _, n := range c.Lens {
		if n < 0 {
			return errors.New("lens: one is negative")
		}
	}
	for i, it := range c.Items {
		if err := in(fmt.Sprintf("items.%d", i), it.check()); err != nil {
			return err
		}
	}
	return checkValues("carry", c.Carry)
}

func (it Items) check() error {
	switch {
	case it.Type == "":
		return errors.New("type: it is empty")
	case it.Pages && it.Range, it.Pages && it.List != nil, it.Range && it.List != nil:
		return errors.New("only one of list, pages and range can be")
	case len(it.List) > PageSize:
		return fmt.Errorf("list: %d items, more than %d", len(it.List), PageSize)
	case it.From != 0 && !it.Range:
		return errors.New("from: it belongs to a range")
	}
	return nil
}

func (o Origin) check() error {
	if !IsRunID(o.Run) {
		return fmt.Errorf("run: %s is no run id", quote(o.Run))
	}
	if o.Step == "" {
		return errors.New("step: it is empty")
	}
	_, err := ParsePath(o.Path)
	return in("path", err)
}

func (e TaskError) check() error {
	if e.Kind == "" {
		return errors.New("kind: it is empty")
	}
	if e.Path != "" {
		_, err := ParsePath(e.Path)
		return in("path", err)
	}
	return nil
}

func (c *Claim) check() error {
	switch {
	case c.Nonce == "":
		return errors.New("nonce: it is empty")
	case c.K < 0:
		return errors.New("k: it is negative")
	}
	return nil
}

func (f *Fail) check() error {
	if f.Nonce == "" {
		return errors.New("nonce: it is empty")
	}
	return f.TaskError.check()
}

func (r *Run) check() error {
	switch {
	case !isName(r.Flow):
		return fmt.Errorf("flow: %s is no name", quote(r.Flow))
	case !IsRunID(r.Run):
		return fmt.Errorf("run: %s is no run id", quote(r.Run))
	case !IsDigest(r.Plan):
		return fmt.Errorf("plan: %s is no sha256 in hex", quote(r.Plan))
	case r.Origin != "" && !IsRunID(r.Origin):
		return fmt.Errorf("origin: %s is no run id", quote(r.Origin))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Imports)) {
		if run := r.Imports[name]; !IsRunID(run) {
			return fmt.Errorf("imports.%s: %s is no run id", word(name), quote(run))
		}
	}
	return checkValues("params", r.Params)
}

func (e *End) check() error {
	switch e.Status {
	case Succeeded, Failed, Stopped:
	default:
		return fmt.Errorf("status: %s is none of succeeded, failed, stopped", quote(string(e.Status)))
	}
	for _, n := range e.Counts {
		if n < 0 {
			return errors.New("counts: one is negative")
		}
	}
	if e.Error != nil {
		return in("error", e.Error.check())
	}
	return nil
}

func (r *Reuse) check() error {
	for _, step := range slices.Sorted(maps.Keys(r.Steps)) {
		for _, part := range r.Steps[step] {
			if !IsRunID(part.Run) {
				return fmt.Errorf("steps.%s: %s is no run id", word(step), quote(part.Run))
			}
			if _, err := ParsePathSet(part.Paths); err != nil {
				return in("steps."+word(step), err)
			}
		}
	}
	return nil
}

func (e *Ends) check() error {
	if e.Iterations < 0 {
		return errors.New("iterations: it is negative")
	}
	return nil
}

func (p *ItemPage) check() error {
	if len(p.Items) > PageSize {
		return fmt.Errorf("items: %d of them, more than %d", len(p.Items), PageSize)
	}
	return nil
}

func (p *Page) check() error {
	if len(p.Results) > MaxPage {
		return fmt.Errorf("results: %d of them, more than %d", len(p.Results), MaxPage)
	}
	for i, r := range p.Results {
		if r == nil {
			continue
		}
		if r.V != Version {
			return fmt.Errorf("results.%d: version %d instead of %d", i, r.V, Version)
		}
		if err := in(fmt.Sprintf("results.%d", i), r.check()); err != nil {
			return err
		}
	}
	return nil
}

func (s *Scope) check() error { return in("error", s.Error.check()) }

func (s *Summary) check() error {
	n := len(s.Paths)
	if len(s.Status) != n || len(s.Attempts) != n || len(s.Started) != n || len(s.Ended) != n ||
		s.Reused != nil && len(s.Reused) != n || s.Outputs != nil && len(s.Outputs) != n {
		return errors.New("its columns differ in length")
	}
	for i := range n {
		if _, err := ParsePath(s.Paths[i]); err != nil {
			return in(fmt.Sprintf("paths.%d", i), err)
		}
		switch s.Status[i] {
		case string(OK), string(Skipped), string(Caught), string(Poisoned), "failed":
		default:
			return fmt.Errorf("status.%d: %s is none of ok, skipped, caught, poisoned, failed", i, quote(s.Status[i]))
		}
		if s.Attempts[i] < 0 {
			return fmt.Errorf("attempts.%d: it is negative", i)
		}
		if s.Outputs != nil {
			if err := checkValues(fmt.Sprintf("outputs.%d", i), s.Outputs[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *CacheEntry) check() error {
	if err := checkValues("outputs", c.Outputs); err != nil {
		return err
	}
	return in("from", c.From.check())
}

// in names the field that an error is about.
func in(field string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", field, err)
}
