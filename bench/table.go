package main

import (
	"fmt"
	"os"
	"text/tabwriter"
	"time"
)

// table prints rows under a title; the last column says what was promised.
type table struct{ w *tabwriter.Writer }

func newTable(title string, head ...any) *table {
	fmt.Printf("\n%s\n", title)
	t := &table{tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)}
	t.row(head...)
	return t
}

func (t *table) row(cells ...any) {
	for _, c := range cells {
		fmt.Fprintf(t.w, "  %v\t", c)
	}
	fmt.Fprintln(t.w)
}

func (t *table) end() error { return t.w.Flush() }

func ms(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.2f ms", d.Seconds()*1e3)
	case d < time.Second:
		return fmt.Sprintf("%.0f ms", d.Seconds()*1e3)
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

func mib(bytes uint64) string { return fmt.Sprintf("%.0f MiB", float64(bytes)/(1<<20)) }

// promise marks a figure as kept or not.
func promise(text string, kept bool) string {
	if kept {
		return text + " ✓"
	}
	return text + " ✗"
}
