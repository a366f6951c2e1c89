package pg

import (
	"context"
	"os"
	"strings"
	"syscall"
)

// FreeDisk returns the free space of the data directory of the server at host, in
// bytes. It is known only where the server runs on this machine and its directory can
// be seen; a managed database does not tell.
func FreeDisk(ctx context.Context, q Querier, host string) (free int64, known bool) {
	if !strings.HasPrefix(host, "/") && host != "localhost" && host != "127.0.0.1" && host != "::1" {
		return 0, false
	}
	var dir string
	// Without the right to see the setting, or the directory, it is not known.
	if err := q.QueryRow(ctx, "SELECT pg_catalog.current_setting('data_directory', true)").Scan(&dir); err != nil || dir == "" {
		return 0, false
	}
	if _, err := os.Stat(dir + "/PG_VERSION"); err != nil {
		return 0, false // a server in a container: the path is another machine's
	}
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0, false
	}
	return int64(fs.Bavail) * int64(fs.Bsize), true
}
