package cli

import (
	"github.com/spf13/cobra"
)

func (a *app) completionCmd() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a completion script for bash, zsh, fish or powershell",
		Long: `Prints a script that completes flowc's commands, flags and their values.

  bash        source <(flowc completion bash)
  zsh         flowc completion zsh > "${fpath[1]}/_flowc"
  fish        flowc completion fish > ~/.config/fish/completions/flowc.fish
  powershell  flowc completion powershell | Out-String | Invoke-Expression`,
		Args:      args(1, 1, "one shell"),
		ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(a.stdout, true)
			case "zsh":
				return root.GenZshCompletion(a.stdout)
			case "fish":
				return root.GenFishCompletion(a.stdout, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(a.stdout)
			}
			return usagef(didYouMean(args[0], shells, "shells are bash, zsh, fish and powershell"), "there is no completion for %q", args[0])
		},
	}
}
