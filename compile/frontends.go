package compile

import (
	"path/filepath"
	"strings"

	"github.com/flowc-dev/flowc/frontend"
	"github.com/flowc-dev/flowc/frontend/yaml"
)

// frontends lists the front ends by the extension of the files that they read.
// This is the one place where a front end is registered.
var frontends = map[string]frontend.Frontend{
	".yaml": yaml.Frontend{},
	".yml":  yaml.Frontend{},
}

// frontendFor returns the front end of a file. A name that tells nothing, like
// that of standard input, means YAML: its errors explain what is expected.
func frontendFor(name string) frontend.Frontend {
	if f, ok := frontends[strings.ToLower(filepath.Ext(name))]; ok {
		return f
	}
	return yaml.Frontend{}
}
