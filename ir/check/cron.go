package check

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// cronField is one of the five fields of a cron expression.
type cronField struct {
	name     string
	min, max int
	names    []string // of min, min+1, ...
}

var cronFields = [5]cronField{
	{name: "minute", min: 0, max: 59},
	{name: "hour", min: 0, max: 23},
	{name: "day of month", min: 1, max: 31},
	{name: "month", min: 1, max: 12, names: strings.Fields("jan feb mar apr may jun jul aug sep oct nov dec")},
	{name: "day of week", min: 0, max: 7, names: strings.Fields("sun mon tue wed thu fri sat")},
}

// cronError says what is wrong at bytes [start, end) of an expression.
type cronError struct {
	start, end    int
	message, hint string
}

// parseCron checks a cron expression: five fields, each `*`, a value, a range,
// a step or a list of these; names of months and days as three letters. That is
// the part which all targets understand alike.
func parseCron(text string) *cronError {
	fields := fieldsAt(text)
	switch {
	case strings.HasPrefix(strings.TrimSpace(text), "@"):
		return &cronError{0, len(text), "not all targets know shorthands like `@daily`", "write five fields, like `0 3 * * *` for every day at 3:00"}
	case len(fields) == 6:
		return &cronError{0, len(text), "the expression has 6 fields", "leave seconds and year away: minute, hour, day of month, month, day of week"}
	case len(fields) != 5:
		return &cronError{0, len(text), fmt.Sprintf("the expression has %s, not 5", plural(len(fields), "field")), "write minute, hour, day of month, month and day of week, like `0 3 * * *` for every day at 3:00"}
	}
	var sets [5]uint64
	for i, f := range fields {
		set, err := parseCronField(&cronFields[i], text, f[0], f[1])
		if err != nil {
			return err
		}
		sets[i] = set
	}
	// The two kinds of days are alternatives if both are given.
	anyWeekday := text[fields[4][0]] == '*'
	if anyWeekday && !cronDayExists(sets[2], sets[3]) {
		return &cronError{fields[2][0], fields[3][1], "no such day exists, so the flow would never start", ""}
	}
	return nil
}

func fieldsAt(text string) (out [][2]int) {
	start := -1
	for i := 0; i <= len(text); i++ {
		blank := i == len(text) || text[i] == ' ' || text[i] == '\t'
		switch {
		case !blank && start < 0:
			start = i
		case blank && start >= 0:
			out = append(out, [2]int{start, i})
			start = -1
		}
	}
	return out
}

func cronDayExists(days, months uint64) bool {
	longest := [13]int{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	for m := 1; m <= 12; m++ {
		if months>>m&1 == 1 && bits.TrailingZeros64(days) <= longest[m] {
			return true
		}
	}
	return false
}

func parseCronField(f *cronField, text string, start, end int) (set uint64, _ *cronError) {
	for at := start; ; {
		stop := at
		for stop < end && text[stop] != ',' {
			stop++
		}
		part, err := parseCronPart(f, text, at, stop)
		if err != nil {
			return 0, err
		}
		if set |= part; stop == end {
			return set, nil
		}
		at = stop + 1
	}
}

// parseCronPart reads `*`, `a`, `a-b`, each with `/n`.
func parseCronPart(f *cronField, text string, start, end int) (set uint64, _ *cronError) {
	part := text[start:end]
	body, stepText, hasStep := strings.Cut(part, "/")
	from, to, every := f.min, f.max, 1
	switch {
	case part == "":
		return 0, &cronError{start, end, "the " + f.name + " is empty", ""}
	case body == "?" || strings.ContainsAny(body, "LW#"):
		return 0, &cronError{start, end, fmt.Sprintf("not all targets know `%s`", clip(part)), "use `*`, numbers, ranges like `1-5`, lists like `1,15` and steps like `*/10`"}
	case body == "*":
		if f.name == "day of week" {
			to = 6
		}
	default:
		low, high, isRange := strings.Cut(body, "-")
		var err *cronError
		if from, err = cronValue(f, low, start); err != nil {
			return 0, err
		}
		switch {
		case isRange:
			if to, err = cronValue(f, high, start+len(low)+1); err != nil {
				return 0, err
			}
		case !hasStep:
			to = from
		}
		if from > to {
			return 0, &cronError{start, start + len(body), fmt.Sprintf("the range of the %s runs backwards", f.name), fmt.Sprintf("split it: `%s-%d,%d-%s`", low, f.max, f.min, high)}
		}
	}
	if hasStep {
		n, err := strconv.Atoi(stepText)
		if err != nil || n < 1 || n > f.max {
			return 0, &cronError{start + len(body) + 1, end, fmt.Sprintf("`%s` is not a step of the %s", clip(stepText), f.name), fmt.Sprintf("give a number from 1 to %d", f.max)}
		}
		every = n
	}
	for v := from; v <= to; v += every {
		set |= 1 << v
	}
	return set, nil
}

func cronValue(f *cronField, text string, at int) (int, *cronError) {
	for i, name := range f.names {
		if strings.EqualFold(text, name) {
			return f.min + i, nil
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < f.min || n > f.max || len(text) > 2 || strings.HasPrefix(text, "+") {
		hint := ""
		if len(f.names) > 0 {
			hint = "names are " + f.names[0] + ", " + f.names[1] + " and so on"
		}
		return 0, &cronError{at, at + len(text), fmt.Sprintf("the %s is a number from %d to %d, not `%s`", f.name, f.min, f.max, clip(text)), hint}
	}
	return n, nil
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
