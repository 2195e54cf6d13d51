package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

var (
	// ErrNewer: the record has a version that this program doesn't know.
	ErrNewer = errors.New("written by a newer flowc")
	// ErrMalformed: the bytes are no record of the wanted kind.
	ErrMalformed = errors.New("malformed record")
)

// Document is a kind of record that is an object of its own.
type Document interface {
	Result | Claim | Fail | Run | End | Reuse | Ends | ItemPage | Page | Scope | Summary | CacheEntry
}

// document is what *T of a Document has.
type document interface {
	version() *int
	check() error
}

// Limits of records, in bytes of JSON.
const (
	maxDocument = 16 << 20
	maxPage     = 64 << 20  // a Page holds up to MaxPage results
	maxSummary  = 256 << 20 // a Summary holds all tasks of a step
)

// Limit is the size in bytes that a record of type T may have.
func Limit[T Document]() int64 {
	var doc T
	switch any(doc).(type) {
	case Page:
		return maxPage
	case Summary:
		return maxSummary
	}
	return maxDocument
}

// Encode returns a record as JSON with a newline, its version filled in. It
// refuses what Decode would not accept.
func Encode[T Document](doc T) ([]byte, error) {
	d := any(&doc).(document)
	if v := d.version(); *v == 0 {
		*v = Version
	} else if *v != Version {
		return nil, fmt.Errorf("%w: version %d instead of %d", ErrMalformed, *v, Version)
	}
	if err := d.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // or the canonical JSON of values would change
	if err := enc.Encode(doc); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if int64(b.Len()) > Limit[T]() {
		return nil, fmt.Errorf("%w: it has %d bytes, more than %d", ErrMalformed, b.Len(), Limit[T]())
	}
	return b.Bytes(), nil
}

// Decode reads a record. It is strict, since a store can hold anything: one
// JSON object in UTF-8, of this version, with no field that T doesn't have, no
// name twice, nothing nested deeper than MaxNesting, and with sound values
// (see the fields of T). The error wraps ErrNewer or ErrMalformed.
func Decode[T Document](data []byte) (T, error) {
	var doc, none T
	if int64(len(data)) > Limit[T]() {
		return none, fmt.Errorf("%w: it has %d bytes, more than %d", ErrMalformed, len(data), Limit[T]())
	}
	if err := decode(data, &doc); err != nil {
		if !errors.Is(err, ErrNewer) {
			err = fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		return none, err
	}
	return doc, nil
}

func decode(data []byte, doc any) error {
	if len(bytes.TrimSpace(data)) == 0 {
		return errors.New("it is empty")
	}
	if !utf8.Valid(data) {
		return errors.New("it is not UTF-8")
	}
	// The version comes first: all else may differ in another one.
	var head struct {
		V *int `json:"v"`
	}
	err := json.Unmarshal(data, &head)
	switch {
	case err != nil && !isTypeError(err):
		return err
	case head.V == nil || *head.V < 1:
		return errors.New(`it has no version in "v"`)
	case *head.V > Version:
		return fmt.Errorf("%w: the record has version %d, this program reads up to %d", ErrNewer, *head.V, Version)
	}
	if err := checkShape(data, doc); err != nil {
		return err
	}
	if err := json.Unmarshal(data, doc); err != nil {
		return readable(err)
	}
	return doc.(document).check()
}

func isTypeError(err error) bool {
	var e *json.UnmarshalTypeError
	return errors.As(err, &e)
}

// readable names fields and JSON's own types, not those of Go.
func readable(err error) error {
	var e *json.UnmarshalTypeError
	if errors.As(err, &e) && e.Field != "" {
		return fmt.Errorf("%s: a %s does not belong there", e.Field, e.Value)
	}
	return err
}
