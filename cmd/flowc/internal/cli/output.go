package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/flowc-dev/flowc/diag"
)

// outputFlag adds -o table|json to a command.
func outputFlag(cmd *cobra.Command) *choice {
	return choiceFlag(cmd, "output", "o", "what to print", "table", "json")
}

// json prints a value for programs.
func (a *app) json(v any) error {
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// cell is a text with a colour: the parameter of an ANSI sequence, or "".
type cell struct{ text, style string }

// plain makes cells without colour.
func plain(texts ...string) []cell {
	cells := make([]cell, len(texts))
	for i, text := range texts {
		cells[i].text = text
	}
	return cells
}

// table is rows of cells for people: columns are as wide as they must be, and
// only the last one is cut, on a terminal.
type table struct {
	head []string
	rows [][]cell
}

func (t *table) row(cells ...cell) { t.rows = append(t.rows, cells) }

// print writes a table to standard output.
func (a *app) print(t *table) error {
	width := 0
	if terminal(a.stdout) != nil {
		width = a.width(a.stdout)
	}
	head := plain(t.head...)
	widths := make([]int, len(head))
	for i := range head {
		head[i].style = "2"
	}
	rows := append([][]cell{head}, t.rows...)
	for _, row := range rows {
		for i, c := range row {
			widths[i] = max(widths[i], diag.Width(c.text))
		}
	}
	for _, row := range rows {
		var b strings.Builder
		at := 0
		for i, c := range row {
			text, fill := diag.Printable(c.text), 0
			switch {
			case i < len(row)-1:
				fill = widths[i] - diag.Width(text) + 2
				at += widths[i] + 2
			case width > 0:
				text = diag.Cut(text, max(8, width-at))
			}
			b.WriteString(a.paint(cell{text, c.style}))
			b.WriteString(strings.Repeat(" ", fill))
		}
		if _, err := fmt.Fprintln(a.stdout, strings.TrimRight(b.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

// fact is a name with a value.
type fact struct {
	name  string
	value cell
}

// facts prints names with values, one a line.
func (a *app) facts(facts []fact) error {
	width := 0
	for _, f := range facts {
		width = max(width, len(f.name))
	}
	for _, f := range facts {
		name := a.paint(cell{f.name, "2"}) + strings.Repeat(" ", width-len(f.name))
		if _, err := fmt.Fprintf(a.stdout, "%s  %s\n", name, a.paint(f.value)); err != nil {
			return err
		}
	}
	return nil
}

// paint is the text of a cell as it may be sent to standard output.
func (a *app) paint(c cell) string {
	text := diag.Printable(c.text)
	if c.style == "" || text == "" || !a.color(a.stdout) {
		return text
	}
	return "\x1b[" + c.style + "m" + text + "\x1b[0m"
}

// statusCell is the status of a run or task in its colour.
func statusCell(word string) cell { return cell{word, statusColors[word]} }

var statusColors = map[string]string{
	"ok": "32", "succeeded": "32", "done": "32", "reused": "32",
	"failed": "31", "lost": "31",
	"caught": "33", "retrying": "33", "stopped": "33",
	"running": "36",
	"skipped": "2", "poisoned": "2",
}

// clock is a time for people, in their own zone.
func clock(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// duration is a duration for people.
func duration(d time.Duration) string {
	switch d = max(d, 0); {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Hour:
		return d.Round(time.Second).String()
	}
	return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}

// size is a number of bytes for people.
func size(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	f := float64(n)
	i := 0
	for f >= 1000 && i < len(units)-1 {
		f /= 1024
		i++
	}
	if i == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", f, units[i])
}
