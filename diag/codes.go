package diag

// Code names a kind of finding: stable, kebab-case, never reused.
//
// The comment of a code is its documentation for users, which [Explain] reads:
// the constant's name and a colon, in sentences when it is reported, then the
// smallest YAML for it, indented by a tab. A test checks the form.
type Code string

const (
	// UnknownKey: a mapping has a key that the language does not know there.
	//
	//	steps:
	//	  load: {runs: python load.py}
	UnknownKey Code = "unknown-key"

	// UnusedIgnore: a comment `# flowc: ignore CODE` silences nothing: there is no
	// such warning on its line or, for a comment on a line of its own, on the
	// next one; or it names an error, which can't be silenced. A warning.
	//
	//	params: {day: date}   # flowc: ignore unused
	//	steps:
	//	  load: {inputs: [params.day], run: ./load.sh}
	UnusedIgnore Code = "unused-ignore"

	// DecideTask: a count, case, gate or loop test cannot be decided by any task
	// of the flow itself, so the compiler adds one. A note.
	//
	//	steps:
	//	  a: {run: ./a, outputs: {n: int}}
	//	  b: {run: ./b, outputs: {n: int}}
	//	  c: {foreach: {i: range(a.n + b.n)}, inputs: [i], run: ./c}
	DecideTask Code = "decide-task"
)
