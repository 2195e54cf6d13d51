// Command flowc compiles declarative data and ML flows, runs them on this
// machine, and shows what came of them. Start with `flowc init`.
package main

import (
	"os"

	"github.com/flowc-dev/flowc/cmd/flowc/internal/cli"
)

func main() {
	os.Exit(cli.Do(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Getenv))
}
