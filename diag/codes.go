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

	// DecideTask: a count, case, gate or loop test cannot be decided by any task
	// of the flow itself, so the compiler adds one. A note.
	//
	//	steps:
	//	  a: {run: ./a, outputs: {n: int}}
	//	  b: {run: ./b, outputs: {n: int}}
	//	  c: {foreach: {i: range(a.n + b.n)}, inputs: [i], run: ./c}
	DecideTask Code = "decide-task"
)
