package s3

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/flowc-dev/flowc/store"
)

// maxPrefix is the length of the longest prefix, in bytes: with it and a slash
// before it, the longest key is still one that S3 takes (1024 bytes).
const maxPrefix = 1024 - store.MaxKey - 1

// address is what a store's URL says.
type address struct {
	bucket    string
	prefix    string // "" or "a/b", without slashes at its ends
	region    string // "" for that of the environment
	endpoint  string // "" for that of the environment, else AWS
	pathStyle *bool  // nil for what suits the endpoint
}

// parseAddress reads s3://BUCKET[/PREFIX][?region=R&endpoint=E&path_style=B].
// Its errors never repeat what could be a secret.
func parseAddress(u *url.URL) (address, error) {
	a := address{bucket: u.Host, prefix: strings.Trim(u.Path, "/")}
	if u.User != nil {
		return address{}, errors.New("the store's URL holds a name or a password: remove it, credentials come from the " +
			"environment (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the role of the pod, task or machine)")
	}
	switch {
	case u.Opaque != "" || u.Host == "":
		return address{}, errors.New("the store's URL names no bucket: write s3://BUCKET or s3://BUCKET/PREFIX")
	case u.Fragment != "":
		return address{}, errors.New("the store's URL has a #fragment, which means nothing here")
	}
	if err := checkBucket(a.bucket); err != nil {
		return address{}, err
	}
	if a.prefix != "" {
		if err := store.CheckKey(a.prefix); err != nil {
			return address{}, fmt.Errorf("the prefix in the store's URL: %w", err)
		}
		if len(a.prefix) > maxPrefix {
			return address{}, fmt.Errorf("the prefix in the store's URL has %d bytes, more than %d", len(a.prefix), maxPrefix)
		}
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return address{}, errors.New("the part of the store's URL behind ? is malformed: write name=value&name=value")
	}
	for name, values := range query {
		if !slices.Contains(settings, name) {
			return address{}, fmt.Errorf("the store's URL has a setting %q: there are %s", brief(name), strings.Join(settings, ", "))
		}
		if len(values) != 1 || values[0] == "" {
			return address{}, fmt.Errorf("the setting %s in the store's URL needs one value", name)
		}
	}
	if a.region = query.Get("region"); a.region != "" && !isLabel(a.region) {
		return address{}, errors.New("the region in the store's URL is malformed: it is a word such as eu-west-1")
	}
	if a.endpoint = query.Get("endpoint"); a.endpoint != "" {
		if err := checkEndpoint(a.endpoint); err != nil {
			return address{}, fmt.Errorf("the endpoint in the store's URL %w", err)
		}
	}
	if v := query.Get("path_style"); v != "" {
		b, err := strconv.ParseBool(v)
		if err != nil {
			return address{}, errors.New("path_style in the store's URL is true or false")
		}
		a.pathStyle = &b
	}
	return a, nil
}

// settings are what may stand behind the "?" of a store's URL.
var settings = []string{"region", "endpoint", "path_style"}

// String is the address as a URL, always the same for the same address.
func (a address) String() string {
	s := "s3://" + a.bucket
	if a.prefix != "" {
		s += "/" + a.prefix
	}
	query := url.Values{}
	if a.region != "" {
		query.Set("region", a.region)
	}
	if a.endpoint != "" {
		query.Set("endpoint", a.endpoint)
	}
	if a.pathStyle != nil {
		query.Set("path_style", strconv.FormatBool(*a.pathStyle))
	}
	if len(query) > 0 {
		// Slashes and colons need no escape in a query, and read better without.
		s += "?" + strings.NewReplacer("%2F", "/", "%3A", ":").Replace(query.Encode())
	}
	return s
}

// checkBucket refuses what no bucket can be called, and what flowc can't use.
func checkBucket(name string) error {
	bad := len(name) < 3 || len(name) > 63 || strings.Contains(name, "..") || strings.ContainsFunc(name, func(r rune) bool {
		return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-' || r == '.')
	})
	if bad || strings.ContainsAny(name[:1]+name[len(name)-1:], "-.") {
		return fmt.Errorf("%q is no name of a bucket: 3 to 63 of a-z 0-9 - . that begin and end with a letter or digit", brief(name))
	}
	if strings.HasSuffix(name, "--x-s3") {
		return fmt.Errorf("the bucket %s is a directory bucket (S3 Express): it lists keys in no order; use a general purpose bucket", name)
	}
	return nil
}

// checkEndpoint refuses what is no http(s)://HOST[:PORT][/PATH]. The error
// begins with a verb.
func checkEndpoint(endpoint string) error {
	u, err := url.Parse(endpoint)
	switch {
	case err != nil:
		return errors.New("is no URL")
	case u.User != nil:
		return errors.New("holds a name or a password: credentials come from the environment")
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return errors.New("must be http://HOST:PORT or https://HOST")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return errors.New("has something behind its path: write http://HOST:PORT or https://HOST")
	}
	return nil
}

// isLabel tells whether s can be a label of a host name.
func isLabel(s string) bool {
	return len(s) <= 63 && s[0] != '-' && s[len(s)-1] != '-' && !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-')
	})
}

// brief is what others say, on one line, and not for ever.
func brief(s string) string {
	const most = 300
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}
