// Command flowc-runtime does one task of a run inside a container. It takes no
// arguments: the orchestrator says by the environment which task (see
// environment.go), and is told by the exit code what came of it: 0 done,
// 75 another attempt makes sense, 70 none does, 143 stopped by SIGTERM.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	os.Exit(run(ctx, os.Environ(), os.Stdout, os.Stderr))
}
