// Package cli is the command line of flowc: one file a command. A command
// reads its arguments, calls the package that does the work, and prints what
// came of it; the work itself is nowhere here.
//
// What a program may want goes to standard output, words for people go to
// standard error. Exit codes are part of the interface: 0 and 1 answer the
// question that the command asks, 2 says that it could not be answered.
package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowc-dev/flowc/diag"
)

// Do runs one command line, without the program's name, and returns the exit
// code. It touches no global state, so that tests call it as often as they like.
func Do(args []string, stdin io.Reader, stdout, stderr io.Writer, getenv func(string) string) int {
	app := &app{stdin: stdin, stdout: stdout, stderr: stderr, getenv: getenv}
	root := app.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return app.exit(root.Execute())
}

// app is what all commands share: the streams, and the environment by name.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string

	stdinTaken bool
}

const (
	exitOK    = 0 // yes: clean, same, succeeded
	exitNo    = 1 // no: findings, differences, a failed flow
	exitUsage = 2 // there is no answer: wrong usage, nothing there, not possible
)

// status ends a command with an exit code after everything was said.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// usage is an error in how the command was called.
type usage struct{ what, hint string }

func (u *usage) Error() string { return u.what }

func usagef(hint, format string, args ...any) error {
	return &usage{fmt.Sprintf(format, args...), hint}
}

// hinted is an error with advice.
type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

// hint adds advice to an error.
func hint(err error, format string, args ...any) error {
	return &hinted{err, fmt.Sprintf(format, args...)}
}

// exit says what went wrong and returns the code.
func (a *app) exit(err error) int {
	var code status
	if err == nil {
		return exitOK
	}
	if errors.As(err, &code) {
		return int(code)
	}
	a.say("flowc: %s", printable(err.Error()))
	var u *usage
	var h *hinted
	switch {
	case errors.As(err, &u) && u.hint != "":
		a.say("  hint: %s", printable(u.hint))
	case errors.As(err, &h):
		a.say("  hint: %s", printable(h.hint))
	}
	return exitUsage
}

// say writes a line for people.
func (a *app) say(format string, args ...any) {
	fmt.Fprintf(a.stderr, format+"\n", args...)
}

// root assembles the commands. This is the one place where a command is registered.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "flowc",
		Short: "Write a data or ML flow once, run it here, promote the same file",
		Long: `flowc compiles declarative flows (flow.yaml) into a typed graph and a plan, and
runs them on this machine. Every artifact of every task is kept in a store and
can be looked at, and a run that was stopped or failed resumes where it was.

Start with:  flowc init my-flow && flowc run my-flow/flow.yaml`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		DisableAutoGenTag: true,
		Args:              cobra.ArbitraryArgs,
		RunE:              a.group,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(flagError)
	root.AddGroup(
		&cobra.Group{ID: "write", Title: "Write a flow:"},
		&cobra.Group{ID: "run", Title: "Run it:"},
		&cobra.Group{ID: "look", Title: "Look at what came of it:"},
		&cobra.Group{ID: "other", Title: "Other:"},
	)
	root.SetHelpCommandGroupID("other")
	add(root, "write", a.initCmd(), a.checkCmd(), a.explainCmd(), a.fmtCmd(), a.graphCmd(), a.compileCmd())
	add(root, "run", a.runCmd(), a.resumeCmd())
	add(root, "look", a.runsCmd(), a.artifactsCmd())
	add(root, "other", a.schemaCmd(), a.versionCmd(), a.completionCmd())
	return root
}

func add(parent *cobra.Command, group string, cmds ...*cobra.Command) {
	for _, c := range cmds {
		c.GroupID = group
		parent.AddCommand(c)
	}
}

// group is what a command does that only has commands in it.
func (a *app) group(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return usagef(didYouMean(args[0], names, fmt.Sprintf("`%s --help` lists the commands", cmd.CommandPath())),
		"%s has no command %q", cmd.CommandPath(), args[0])
}

// didYouMean is the hint for a word that is none of those known.
func didYouMean(word string, known []string, otherwise string) string {
	if near, ok := diag.Suggest(word, known); ok {
		return "did you mean " + near + "?"
	}
	return otherwise
}

// printable keeps what may come from outside from controlling the terminal.
// Line breaks stay.
func printable(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = diag.Printable(line)
	}
	return strings.Join(lines, "\n")
}
