package diag

// Codes of what is wrong with the use of one flow by another. The examples use
// a flow that lies beside them.
const (
	// BadUses: the file of a flow that is used can't be read, or can't be used
	// from where it is.
	//
	//	steps:
	//	  model: {uses: train.flow}
	BadUses Code = "bad-uses"

	// RecursiveUses: a flow uses itself, maybe by way of others. What is used is
	// copied to where it is used, so that this would have no end; a `loop`
	// repeats steps.
	//
	//	flow: again
	//	steps:
	//	  again: {uses: ./flow.yaml}
	RecursiveUses Code = "recursive-uses"

	// MissingInput: a flow is used without a value for a param that has no
	// default.
	//
	//	steps:
	//	  model: {uses: ./train.flow.yaml}
	MissingInput Code = "missing-input"

	// IgnoredKey: a key means nothing where the flow is used by another one,
	// which has its own.
	//
	//	steps:
	//	  model: {uses: ./nightly.flow.yaml}
	IgnoredKey Code = "ignored-key"
)
