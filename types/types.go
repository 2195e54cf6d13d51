// Package types holds the value types of the language, how they are written,
// which widenings exist, and what their values look like in memory and in JSON.
//
// A value in memory is one of:
//
//	nil                         an absent optional
//	bool, int64, float64        bool, int, float (float may be NaN or infinite)
//	string                      string, date ("2006-01-02") and enum
//	JSON                        json: canonical text
//	[]any                       list
//	map[string]any              map and record
//	Blob                        file, dir and artifact: a reference, never bytes
package types

// Type is a value type. Types are immutable; compare them with [Equal].
type Type interface {
	// String is the type as a user writes it; a named record is its name.
	String() string
	typ()
}

// Basic is a type without parts.
type Basic uint8

const (
	Invalid  Basic = iota // of something already reported; silences what would follow from it
	Bool                  // true, false
	Int                   // 64-bit signed
	Float                 // IEEE 754 double, with NaN and infinities
	String                // unicode text
	Date                  // a calendar day, YYYY-MM-DD
	JSONType              // any JSON value
	File                  // a file, kept as a blob
	Dir                   // a folder, kept as a manifest of blobs
	Artifact              // a pickled Python object, kept as a blob
	Any                   // unknown until run time (front ends without types)
	Nil                   // the type of the literal nil alone
)

// Enum is one of a fixed set of strings, in the order they were written.
type Enum struct{ Values []string }

// List is a sequence of values of one type.
type List struct{ Elem Type }

// Map has string keys and values of one type.
type Map struct{ Elem Type }

// Record is a fixed set of named fields.
type Record struct {
	Name   string // "" for one written in place
	Fields []Field
}

// Field is one field of a record.
type Field struct {
	Name string
	Type Type
}

// Optional is a value that may be absent. Optionals never nest: T?? is T?.
type Optional struct{ Elem Type }

func (Basic) typ()    {}
func (Enum) typ()     {}
func (List) typ()     {}
func (Map) typ()      {}
func (Record) typ()   {}
func (Optional) typ() {}

// JSON is a value of type json: canonical JSON text (see [MarshalValue]).
type JSON string

// Blob refers to bytes in the store. It is the value of a file, dir or artifact.
type Blob struct {
	Digest string // hex sha256: of the content; for a dir, of its manifest
	Size   int64  // bytes; for a dir the sum of its files
	Ext    string // the extension to give back to consumers, with its dot; "" if none
}
