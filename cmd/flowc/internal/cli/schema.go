package cli

import (
	"github.com/spf13/cobra"

	"github.com/flowc-dev/flowc/frontend/yaml"
)

func (a *app) schemaCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of flow files, for editors",
		Long: `Prints the JSON Schema (draft 7) of flow files. An editor that has it completes
keys, explains them, and marks what can't be there while you type; docs/editors.md
says how. What a schema can't know (names, types, references) flowc check finds.`,
		Example: "  flowc schema > flow.schema.json",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := a.stdout.Write(yaml.Schema())
			return err
		},
	}
}
