package diag

// Code names a kind of finding: stable, kebab-case, never reused.
// Each code's comment says when it is reported and shows the smallest example.
type Code string

const (
	// UnknownKey: a mapping has a key that the language does not know there.
	//
	//	steps:
	//	  load: {runs: python load.py}
	UnknownKey Code = "unknown-key"
)
