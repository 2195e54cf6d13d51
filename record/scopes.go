package record

import "strings"

// ScopePrefix is what all Scope keys of the run start with.
func (k Keys) ScopePrefix() string { return k.at("caught/") }

// ParseScope reads a Scope key of the run.
func (k Keys) ParseScope(key string) (node string, p Path, ok bool) {
	parts, ok := k.parts(key, "caught/", 2)
	if !ok {
		return "", nil, false
	}
	name, isJSON := strings.CutSuffix(parts[1], ".json")
	p, err := ParsePath(name)
	return parts[0], p, isJSON && err == nil
}

// SummaryPrefix is what all Summary keys of the run start with.
func (k Keys) SummaryPrefix() string { return k.at("summary/") }

// ParseSummary reads a Summary key of the run.
func (k Keys) ParseSummary(key string) (step string, ok bool) {
	parts, ok := k.parts(key, "summary/", 1)
	if !ok {
		return "", false
	}
	step, isJSON := strings.CutSuffix(parts[0], ".json")
	return step, isJSON && isName(step)
}
