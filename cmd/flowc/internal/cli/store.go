package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/dir"
	"github.com/flowc-dev/flowc/store/open"
	"github.com/flowc-dev/flowc/store/s3"
)

// storeFolder is the store's folder, where nothing else was said.
const storeFolder = ".flowc"

// storeEnv names the store where no flag does.
const storeEnv = "FLOWC_STORE"

func storeFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("store", "", "`URL` or folder of the store (default: $"+storeEnv+", else the nearest "+storeFolder+" folder)")
}

// storeAddress returns the address that the flag or the environment gives, or "".
func (a *app) storeAddress(flag string) string {
	if flag != "" {
		return flag
	}
	return a.getenv(storeEnv)
}

// kinds are the stores that lie elsewhere than on this machine.
var kinds = []open.Scheme{{Name: "s3", Open: s3.Open}}

// openStore opens the store that the flag or the environment names, or the
// nearest one in this folder and those above.
func (a *app) openStore(ctx context.Context, flag string) (store.Store, error) {
	address := a.storeAddress(flag)
	if address == "" {
		var err error
		if address, err = nearestStore(); err != nil {
			return nil, err
		}
	}
	s, err := open.URL(ctx, address, kinds...)
	if err != nil {
		return nil, err
	}
	if d, ok := s.(*dir.Store); ok { // a reader does not make one
		if _, err := os.Stat(d.URL()); err != nil {
			return nil, fmt.Errorf("there is no store at %s: %w", address, err)
		}
	}
	return s, nil
}

// nearestStore returns the folder of the nearest store upwards.
func nearestStore() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for at := "."; ; {
		if info, err := os.Stat(filepath.Join(dir, storeFolder)); err == nil && info.IsDir() {
			return filepath.Join(at, storeFolder), nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", hint(errors.New("there is no store: no "+storeFolder+" folder here or in a folder above"),
				"`flowc run` makes one beside the flow; name another with --store or %s", storeEnv)
		}
		dir, at = up, filepath.Join(at, "..")
	}
}

// samePath reports whether two paths mean the same place.
func samePath(a, b string) bool {
	x, err := filepath.Abs(a)
	if err != nil {
		return false
	}
	y, err := filepath.Abs(b)
	return err == nil && x == y
}

// shortPath is a path as seen from this folder, if that leads downwards.
func shortPath(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}
