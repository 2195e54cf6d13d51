package check

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/types"
)

// zones are the names of the IANA time zone database, sorted. The list is part
// of the compiler so that the result does not depend on the machine.
//
//go:embed zones.txt
var zones string

// schedule checks when runs start by themselves.
func (c *checker) schedule() {
	s := c.ast.Schedule
	c.out.Policy.Overlap = overlapOf(c.ast.Overlap.Value)
	if s == nil {
		return
	}
	if s.Overlap.Span.Valid() && s.Overlap.Value != "" {
		c.out.Policy.Overlap = overlapOf(s.Overlap.Value)
	}
	out := &ir.Schedule{Cron: strings.Join(strings.Fields(s.Cron.Value), " "), Timezone: s.Timezone.Value, Suspended: s.Suspended.Value, Span: s.Span}
	c.out.Policy.Schedule = out
	if s.Cron.Span.Valid() {
		if err := parseCron(s.Cron.Value); err != nil {
			d := c.diags.Error(diag.BadCron, partOf(s.Cron, err.start, err.end), "the schedule can't be read: "+err.message)
			if err.hint != "" {
				d.Advise(err.hint)
			}
		}
	}
	if out.Timezone == "" {
		out.Timezone = "UTC"
	} else {
		c.timezone(s.Timezone)
	}
	c.scheduleDate(s, out)
}

// partOf is the place of bytes of a short text, where it stands in the source
// as it is, between quotes or without.
func partOf(s ast.Str, from, to int) diag.Span {
	n := int32(len(s.Value))
	switch s.Span.End - s.Span.Start {
	case n:
		return diag.Span{File: s.Span.File, Start: s.Span.Start + int32(from), End: s.Span.Start + int32(to)}
	case n + 2:
		return diag.Span{File: s.Span.File, Start: s.Span.Start + 1 + int32(from), End: s.Span.Start + 1 + int32(to)}
	}
	return s.Span
}

func overlapOf(word string) ir.Overlap {
	switch word {
	case "forbid":
		return ir.OverlapForbid
	case "replace":
		return ir.OverlapReplace
	}
	return ir.OverlapAllow
}

func (c *checker) timezone(zone ast.Str) {
	names := strings.Fields(zones)
	if _, ok := slices.BinarySearch(names, zone.Value); ok {
		return
	}
	d := c.diags.Error(diag.BadTimezone, zone.Span, fmt.Sprintf("there is no time zone `%s`", clip(zone.Value)))
	for _, name := range names { // a city alone, or in other letters
		if city := name[strings.LastIndexByte(name, '/')+1:]; strings.EqualFold(city, zone.Value) || strings.EqualFold(name, zone.Value) {
			c.spell(d, zone.Span, zone.Value, name, "did you mean `"+name+"`?")
			return
		}
	}
	if better, ok := diag.Suggest(zone.Value, names); ok {
		c.spell(d, zone.Span, zone.Value, better, "did you mean `"+better+"`?")
		return
	}
	d.Advise("give a name of the IANA database, like `Europe/Berlin`, or `UTC`: others don't know daylight saving time")
}

// scheduleDate checks the param that gets the scheduled time.
func (c *checker) scheduleDate(s *ast.Schedule, out *ir.Schedule) {
	name := s.Date
	if name.Value == "" {
		c.scheduledParams(s)
		return
	}
	p := c.params[name.Value]
	if p == nil {
		if c.ast.Partial {
			return
		}
		d := c.diags.Error(diag.UnknownParam, name.Span, fmt.Sprintf("there is no param `%s`", clip(name.Value)))
		if better, ok := diag.Suggest(name.Value, c.paramNames()); ok {
			c.spell(d, name.Span, name.Value, better, "did you mean `"+better+"`?")
		} else {
			d.Advise("declare it: `params: {" + clip(name.Value) + ": {type: date}}`")
		}
		return
	}
	p.used = true
	if t := types.Unopt(p.typ); t != types.Date && t != types.Invalid {
		c.diags.Error(diag.BadSchedule, name.Span, fmt.Sprintf("`date` needs a param of type date, and `%s` is %v", name.Value, p.typ)).
			See(p.span, fmt.Sprintf("declared here as %v", p.typ))
		return
	}
	out.DateParam = name.Value
	c.scheduledParams(s)
}

// scheduledParams reports params that nobody gives when the clock starts a run.
func (c *checker) scheduledParams(s *ast.Schedule) {
	if c.ast.Partial {
		return // a default may stand there that was reported
	}
	for i, p := range c.out.Params {
		decl := &c.ast.Params[i]
		if p.Type == types.Invalid || types.IsOptional(p.Type) || decl.Default != nil || p.Name == s.Date.Value || decl.Name.Value == "" {
			continue
		}
		c.diags.Error(diag.BadSchedule, s.Span, fmt.Sprintf("runs that the schedule starts have no value for the param `%s`", p.Name)).
			See(p.Span, "this param has no default").
			Advise(scheduledAdvice(p))
	}
}

func scheduledAdvice(p *ir.Param) string {
	if p.Type == types.Date {
		return "give it a default, or `date: " + p.Name + "` in the schedule, which sets it to the scheduled day"
	}
	if types.HasBlob(p.Type) {
		return "make its type `" + types.Opt(p.Type).String() + "`: a schedule has no file to give"
	}
	return "give it a default, or make its type `" + types.Opt(p.Type).String() + "`"
}

func (c *checker) paramNames() []string {
	names := make([]string, 0, len(c.out.Params))
	for _, p := range c.out.Params {
		if p.Name != "" {
			names = append(names, p.Name)
		}
	}
	return names
}
