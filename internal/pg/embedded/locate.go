package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// libraryFile, in a bin folder, lists the library folders of a fetched server,
// one a line, relative to that folder. Installed servers have none.
const libraryFile = "attribution-library-path"

// libraryPath is the LD_LIBRARY_PATH that the programs in bin need; "" for none.
func libraryPath(bin string) string {
	b, err := os.ReadFile(filepath.Join(bin, libraryFile))
	if err != nil {
		return ""
	}
	var dirs []string
	for _, line := range strings.Fields(string(b)) {
		dirs = append(dirs, filepath.Join(bin, line))
	}
	return strings.Join(dirs, ":")
}

// DefaultCache is where fetched servers are kept unless told otherwise: for root
// /var/cache/attribution (root's home is closed to the server's account), else
// "attribution" in the user's cache folder. Error: the user has no home.
func DefaultCache() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/cache/attribution", nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder for a PostgreSQL server: %w", err)
	}
	return filepath.Join(dir, "attribution"), nil
}

// Locate gives the bin folder of a server: one installed (Find), one fetched
// before, or one fetched now (Install), in this order.
func Locate(ctx context.Context, o InstallOptions) (binDir string, err error) {
	cache, err := o.cache()
	if err != nil {
		o.say("%v", err) // an installed server needs no cache
	}
	binDir, err = Find(ctx, o.Version)
	if errors.Is(err, ErrNotFound) && cache != "" {
		binDir, err = find(ctx, o.Version, cached(cache))
	}
	if !errors.Is(err, ErrNotFound) {
		return binDir, err
	}
	o.say("%v", err)
	return Install(ctx, o)
}
