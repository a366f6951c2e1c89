package pg

import (
	"context"
	"os"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgxpool"
)

// FreeDisk returns the free space of the server's data directory in bytes. It is
// known only where the server runs on this machine and its directory can be seen;
// a managed database does not tell.
func FreeDisk(ctx context.Context, pool *pgxpool.Pool) (free int64, known bool) {
	host := pool.Config().ConnConfig.Host
	if !strings.HasPrefix(host, "/") && host != "localhost" && host != "127.0.0.1" && host != "::1" {
		return 0, false
	}
	var dir string
	// Without the right to see the setting, or the directory, it is not known.
	if err := pool.QueryRow(ctx, "SELECT pg_catalog.current_setting('data_directory', true)").Scan(&dir); err != nil || dir == "" {
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
