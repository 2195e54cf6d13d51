package expr

import "fmt"

// ErrorKind says what went wrong in an evaluation.
type ErrorKind string

const (
	Overflow       ErrorKind = "overflow"         // a result that is no 64-bit int
	DivisionByZero ErrorKind = "division-by-zero" // x / 0, x % 0
	OutOfRange     ErrorKind = "out-of-range"     // xs[i] beyond the list, m[k] without that key
	Absent         ErrorKind = "absent"           // nil where a value is needed, must(nil), the least of nothing
	BadValue       ErrorKind = "bad-value"        // int("x"), date("2026-02-30"), json of another shape
	WrongType      ErrorKind = "wrong-type"       // possible only with values of type any, or a Code that was not checked
	TooLarge       ErrorKind = "too-large"        // more steps, elements or bytes than an expression may use
	BadReference   ErrorKind = "reference"        // a reference could not be read; see Unwrap
)

// Error is what [Eval] fails with.
type Error struct {
	Kind    ErrorKind
	Message string // one line for people, without a final stop
	Ref     int    // the reference that the message is about, or -1
	Err     error  // of the reader of references
}

func (e *Error) Error() string { return e.Message }

// Unwrap returns the error of the reader of references, if that is the cause.
func (e *Error) Unwrap() error { return e.Err }

func fail(kind ErrorKind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), Ref: -1}
}
