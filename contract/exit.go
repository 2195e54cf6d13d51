package contract

// Exit codes of the runtime: the only thing an orchestrator must understand.
const (
	ExitDone    = 0   // the task has its result
	ExitAgain   = 75  // another attempt makes sense
	ExitFinal   = 70  // no other attempt makes sense
	ExitStopped = 143 // stopped from outside (SIGTERM); another attempt makes sense
)
