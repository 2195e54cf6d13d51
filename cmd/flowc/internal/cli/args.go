package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// args checks how many arguments there are; what names them, for the error.
func args(min, max int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < min:
			return usagef("usage: "+cmd.UseLine(), "%s needs %s", cmd.CommandPath(), what)
		case max >= 0 && len(args) > max:
			return usagef("usage: "+cmd.UseLine(), "%s takes only %s, not also %q", cmd.CommandPath(), what, args[max])
		}
		return nil
	}
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("usage: "+cmd.UseLine(), "%s takes no arguments, not %q", cmd.CommandPath(), args[0])
	}
	return nil
}

// flagError explains a flag that does not exist or has a malformed value.
func flagError(cmd *cobra.Command, err error) error {
	hint := fmt.Sprintf("`%s --help` lists the flags", cmd.CommandPath())
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		name := unknown.GetSpecifiedName()
		dashes := "--"
		if unknown.GetSpecifiedShortnames() != "" {
			dashes = "-"
		}
		near := didYouMean(name, names, "")
		if near != "" {
			hint = strings.Replace(near, "mean ", "mean --", 1)
		}
		return usagef(hint, "%s has no flag %s%s", cmd.CommandPath(), dashes, name)
	}
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		return usagef(hint, "--%s can't be %q: %v", invalid.GetFlag().Name, invalid.GetValue(), invalid.Unwrap())
	}
	return usagef(hint, "%v", err)
}

// choice is a flag that takes one of a few words.
type choice struct {
	value   string
	allowed []string
}

// choiceFlag adds a flag whose first word is the default.
func choiceFlag(cmd *cobra.Command, name, short, help string, allowed ...string) *choice {
	c := &choice{allowed[0], allowed}
	cmd.Flags().VarP(c, name, short, help+": "+strings.Join(allowed, ", "))
	complete(cmd, name, allowed)
	return c
}

func (c *choice) String() string { return c.value }
func (c *choice) Type() string   { return "WORD" }

func (c *choice) Set(word string) error {
	for _, w := range c.allowed {
		if w == word {
			c.value = w
			return nil
		}
	}
	return fmt.Errorf("it is one of %s", strings.Join(c.allowed, ", "))
}

// complete offers words for the value of a flag.
func complete(cmd *cobra.Command, flag string, words []string) {
	err := cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return words, cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		panic(err) // no such flag, or registered twice
	}
}
