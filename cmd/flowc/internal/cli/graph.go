package cli

import (
	"bytes"

	"github.com/spf13/cobra"

	"github.com/flowc-dev/flowc/ir/draw"
)

func (a *app) graphCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "graph FILE",
		Short: "Draw a flow as text, a picture, Mermaid or Graphviz",
		Long: `Draws the typed graph of a flow: as a tree for this terminal, as a picture (SVG)
that any browser shows, as a Mermaid flowchart for Markdown pages, or in
Graphviz's language.`,
		Example: "  flowc graph flow.yaml\n  flowc graph flow.yaml -o svg > flow.svg\n  flowc graph flow.yaml -o mermaid > flow.mmd\n  flowc graph flow.yaml -o dot | dot -Tpdf > flow.pdf",
		Args:    args(1, 1, "one flow file"),
	}
	form := choiceFlag(cmd, "output", "o", "how to draw", "text", "mermaid", "dot", "svg")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		r, err := a.compileOK(args[0])
		if err != nil {
			return err
		}
		var out bytes.Buffer
		switch form.value {
		case "text":
			err = draw.Text(&out, r.Graph, draw.TextOptions{Width: a.width(a.stdout), Color: a.color(a.stdout)})
		case "mermaid":
			err = draw.Mermaid(&out, r.Graph, draw.GraphOptions{})
		case "dot":
			err = draw.DOT(&out, r.Graph, draw.GraphOptions{})
		case "svg":
			err = draw.SVG(&out, r.Graph, draw.GraphOptions{})
		}
		if err != nil {
			return err
		}
		_, err = a.stdout.Write(out.Bytes())
		return err
	}
	return cmd
}
