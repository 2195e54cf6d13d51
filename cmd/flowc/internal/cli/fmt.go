package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aymanbagabas/go-udiff"
	"github.com/spf13/cobra"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/frontend/yaml"
)

func (a *app) fmtCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fmt FILE...",
		Short: "Give flow files a regular layout",
		Long: `Rewrites the files with regular indentation, spaces and empty lines. The order of
keys, quotes, comments and the text of scripts stay as they are, and so does
where lines are broken. The result is read again before it is written: it has
the same meaning, or the file stays as it was. A file of "-" is standard input,
and the result goes to standard output.

Exits with 0 if all files are as they should be, with --check or --diff with 1 if
any is not, and with 2 if a file could not be read as YAML.`,
		Example: "  flowc fmt flow.yaml\n  flowc fmt --check flows/*.yaml",
		Args:    args(1, -1, "at least one flow file"),
	}
	check := cmd.Flags().Bool("check", false, "write nothing; list the files that would change")
	diff := cmd.Flags().Bool("diff", false, "write nothing; print what would change")
	cmd.RunE = func(_ *cobra.Command, files []string) error {
		worst := status(exitOK)
		for _, path := range files {
			changed, err := a.format(path, *check, *diff)
			switch {
			case err != nil:
				a.exit(err)
				worst = exitUsage
			case changed && (*check || *diff):
				worst = max(worst, exitNo)
			}
		}
		if worst == exitOK {
			return nil
		}
		return worst
	}
	return cmd
}

// format formats one file, and reports whether that changes it.
func (a *app) format(path string, check, diff bool) (changed bool, err error) {
	text, err := a.read(path)
	if err != nil {
		return false, err
	}
	name := path
	if path == "-" {
		name = stdinName
	}
	var srcs diag.Sources
	out, findings, err := yaml.Format(&srcs, name, text)
	if err != nil {
		return false, err
	}
	if out == nil {
		if err := a.explain(a.stderr, findings, &srcs); err != nil {
			return false, err
		}
		a.say("%s: %s; it stays as it is", printable(name), findings.Tally())
		return false, status(exitUsage)
	}
	changed = !bytes.Equal(text, out)
	switch {
	case check || diff:
		if check && changed {
			fmt.Fprintln(a.stdout, printable(name))
		}
		if diff && changed {
			fmt.Fprint(a.stdout, udiff.Unified(name, name+" (formatted)", string(text), string(out)))
		}
	case path == "-":
		_, err = a.stdout.Write(out)
	case changed:
		if err = replaceFile(path, out); err == nil {
			a.say("formatted %s", printable(path))
		}
	}
	return changed, err
}

// replaceFile gives a file new content in one step: whoever reads it sees the
// old or the new, and after a crash it is one of them. Its permissions stay,
// and a link goes on pointing to it.
func replaceFile(path string, content []byte) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".flowc-fmt-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it has its name
	_, err = f.Write(content)
	if err == nil {
		err = f.Chmod(info.Mode().Perm())
	}
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
