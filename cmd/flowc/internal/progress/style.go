package progress

import (
	"strings"

	"github.com/flowc-dev/flowc/diag"
)

// Colours, as parameters of an ANSI sequence.
const (
	plain  = ""
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

// span is a piece of a line in one colour.
type span struct{ text, color string }

// line lays out spans from the left and one from the right, cut to width
// columns. Nothing that a task said can control the terminal.
func line(width int, color bool, right span, left ...span) string {
	room := width
	if right.text != "" {
		room -= diag.Width(right.text) + 1
	}
	var b strings.Builder
	used := 0
	for _, s := range left {
		text := diag.Cut(s.text, room-used)
		used += diag.Width(text)
		b.WriteString(paint(text, s.color, color))
		if used >= room {
			break
		}
	}
	if right.text != "" && room > 0 {
		b.WriteString(strings.Repeat(" ", width-used-diag.Width(right.text)))
		b.WriteString(paint(right.text, right.color, color))
	}
	return strings.TrimRight(b.String(), " ")
}

func paint(text, style string, color bool) string {
	if !color || style == plain || text == "" {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

// pad fills text up with spaces to width columns, or cuts it.
func pad(text string, width int) string {
	text = diag.Cut(text, width)
	return text + strings.Repeat(" ", width-diag.Width(text))
}

// bar draws done of total in width columns; the part that runs is drawn lighter.
func bar(done, running, total, width int) []span {
	if total < 1 {
		total = 1
	}
	full := done * width / total
	busy := min((done+running)*width/total, width) - full
	return []span{
		{strings.Repeat("━", full), green},
		{strings.Repeat("━", busy), cyan},
		{strings.Repeat("─", width-full-busy), dim},
	}
}
