package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
)

// MaxNesting is how deep lists and objects may nest in a record, the values in it included.
const MaxNesting = 300

// checkShape finds what encoding/json lets pass on its way into doc: unknown
// names, names in another case, names that come twice, null where a value
// belongs, text after the end, and deep nesting.
func checkShape(data []byte, doc any) error {
	s := shape{dec: json.NewDecoder(bytes.NewReader(data))}
	s.dec.UseNumber()
	if err := s.value(reflect.TypeOf(doc).Elem()); err != nil {
		return err
	}
	if _, err := s.dec.Token(); err != io.EOF {
		return fmt.Errorf("text after the end of the record")
	}
	return nil
}

type shape struct {
	dec  *json.Decoder
	path []string // of the value at hand, for messages
}

func (s *shape) fail(format string, args ...any) error {
	msg := fmt.Sprintf(format, args...)
	if len(s.path) == 0 {
		return fmt.Errorf("%s", msg)
	}
	words := make([]string, len(s.path))
	for i, name := range s.path {
		words[i] = word(name)
	}
	return fmt.Errorf("%s: %s", strings.Join(words, "."), msg)
}

// value takes a value for type t; nil means that any value will do.
func (s *shape) value(t reflect.Type) error {
	tok, err := s.dec.Token()
	if err != nil {
		return err
	}
	if t == rawType {
		t = nil
	}
	if t != nil && t.Kind() == reflect.Pointer {
		if tok == nil {
			return nil
		}
		t = t.Elem()
	}
	switch tok {
	case nil:
		if t != nil && t.Kind() != reflect.Map && t.Kind() != reflect.Slice {
			return s.fail("null does not belong there")
		}
	case json.Delim('{'):
		return s.object(t)
	case json.Delim('['):
		return s.list(t)
	}
	return nil
}

func (s *shape) object(t reflect.Type) error {
	if len(s.path) >= MaxNesting {
		return fmt.Errorf("it nests deeper than %d levels", MaxNesting)
	}
	var fields map[string]reflect.Type
	if t != nil && t.Kind() == reflect.Struct && t != timeType {
		fields = fieldsOf(t)
	}
	seen := map[string]bool{}
	for s.dec.More() {
		tok, err := s.dec.Token()
		if err != nil {
			return err
		}
		name := tok.(string) // the decoder lets nothing else pass as a name
		if seen[name] {
			return s.fail("the name %s comes twice", quote(name))
		}
		seen[name] = true
		var member reflect.Type
		switch {
		case fields != nil:
			var known bool
			if member, known = fields[name]; !known {
				return s.fail("unknown field %s", quote(name))
			}
		case t != nil && t.Kind() == reflect.Map:
			member = t.Elem()
		}
		s.path = append(s.path, name)
		if err := s.value(member); err != nil {
			return err
		}
		s.path = s.path[:len(s.path)-1]
	}
	_, err := s.dec.Token()
	return err
}

func (s *shape) list(t reflect.Type) error {
	if len(s.path) >= MaxNesting {
		return fmt.Errorf("it nests deeper than %d levels", MaxNesting)
	}
	var elem reflect.Type
	if t != nil && t.Kind() == reflect.Slice {
		elem = t.Elem()
	}
	s.path = append(s.path, "")
	for i := 0; s.dec.More(); i++ {
		s.path[len(s.path)-1] = strconv.Itoa(i)
		if err := s.value(elem); err != nil {
			return err
		}
	}
	s.path = s.path[:len(s.path)-1]
	_, err := s.dec.Token()
	return err
}

var (
	rawType  = reflect.TypeFor[Raw]()
	timeType = reflect.TypeFor[time.Time]()

	fieldCache sync.Map // reflect.Type -> map[string]reflect.Type
)

// fieldsOf returns the JSON fields of a struct, those of embedded structs included.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	if m, ok := fieldCache.Load(t); ok {
		return m.(map[string]reflect.Type)
	}
	m := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			m[name] = f.Type
		}
	}
	fieldCache.Store(t, m)
	return m
}

// word is a name for messages: quoted where it isn't plain.
func word(name string) string {
	if len(name) > 60 || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsGraphic(r) || r == ' ' || r == '"' }) {
		return quote(name)
	}
	return name
}

func quote(s string) string {
	if len(s) > 60 {
		s = s[:60] + "..."
	}
	return strconv.Quote(s)
}
