// Package process does the tasks of an engine on this machine: in the engine's
// own process ([Here]), or by starting the runtime as a process for each task
// ([Binary]). Either way the user's command is a process of its own.
package process

import (
	"context"

	"github.com/flowc-dev/flowc/runtime"
)

// Here does tasks in this process.
type Here struct{ Config *runtime.Config }

// Run does one attempt of a task.
func (h Here) Run(ctx context.Context, t runtime.Task) runtime.Outcome {
	return runtime.Run(ctx, h.Config, t)
}
