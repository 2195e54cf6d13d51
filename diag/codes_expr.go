package diag

// Codes of expressions and of the values they have.
const (
	// ExprSyntax: the text is not an expression.
	//
	//	steps:
	//	  publish: {when: pick.score >, run: ./publish.sh}
	ExprSyntax Code = "expr-syntax"

	// ExprNotAllowed: the text is an expression in other languages, but uses
	// something that this one leaves out: variables, pipes, methods, slices of
	// a map, comments. The finding says what to write instead.
	//
	//	steps:
	//	  publish: {when: "let s = pick.score; s > 0.8", run: ./publish.sh}
	ExprNotAllowed Code = "expr-not-allowed"

	// ExprTooLarge: the expression is longer, nests deeper or has more parts
	// than is possible. Compute such a thing in a step.
	//
	//	steps:
	//	  publish: {when: "((((...)))) > 1", run: ./publish.sh}
	ExprTooLarge Code = "expr-too-large"

	// UnknownName: an expression, or a file of values, uses a name that there
	// can't be. A text is written {value: my-bucket}, since a string alone is an
	// expression, and in one - is minus.
	//
	//	steps:
	//	  load: {inputs: {bucket: my-bucket}, run: ./load.sh}
	UnknownName Code = "unknown-name"

	// UnknownField: a value is asked for a field that values of its type do not have.
	//
	//	params:
	//	  cfg: {type: Cfg}
	//	types:
	//	  Cfg: {lr: float}
	//	steps:
	//	  train: {inputs: {lr: params.cfg.rate}, python: "train.py:fit"}
	UnknownField Code = "unknown-field"

	// UnknownFunction: an expression calls a function that does not exist.
	//
	//	steps:
	//	  cv: {run: ./cv.sh, outputs: {scores: list<float>}}
	//	  publish: {when: avg(cv.scores) > 0.8, run: ./publish.sh}
	UnknownFunction Code = "unknown-function"

	// WrongArguments: a function is called with too few or too many arguments.
	//
	//	steps:
	//	  publish: {when: len() > 0, run: ./publish.sh}
	WrongArguments Code = "wrong-arguments"

	// TypeMismatch: a value has a type that does not fit where it is used.
	//
	//	steps:
	//	  train: {python: "train.py:fit", outputs: {score: float}}
	//	  publish: {when: train.score, run: ./publish.sh}
	TypeMismatch Code = "type-mismatch"

	// UnknownValue: an enum is compared with a text that it can never have.
	//
	//	params:
	//	  mode: {type: enum<fast|full>}
	//	steps:
	//	  train: {when: params.mode == "ful", python: "train.py:fit"}
	UnknownValue Code = "unknown-value"

	// MaybeAbsent: a value that may be absent (its type ends in ?) is used where
	// one must be there. Use another value in its place (x ?? 0), insist
	// (must(x)), or run the step only when: x != nil.
	//
	//	params: {retrain: bool}
	//	steps:
	//	  train: {when: params.retrain, python: "t.py:fit", outputs: {score: float}}
	//	  publish: {when: train.score > 0.8, run: ./publish.sh}
	MaybeAbsent Code = "maybe-absent"

	// NeverAbsent: an expression asks whether a value is absent that is always
	// there. A warning.
	//
	//	steps:
	//	  train: {python: "t.py:fit", outputs: {score: float}}
	//	  publish: {when: train.score != nil, run: ./publish.sh}
	NeverAbsent Code = "never-absent"

	// BadPattern: the pattern of `matches` is not a literal, or not a regular
	// expression of RE2 syntax.
	//
	//	params:
	//	  branch: {type: string}
	//	steps:
	//	  publish: {when: 'params.branch matches "release-("', run: ./publish.sh}
	BadPattern Code = "bad-pattern"
)
