package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	kilobyte = int64(1) << 10
	megabyte = int64(1) << 20
	gigabyte = int64(1) << 30
)

// assumedMemory is the machine's where it cannot be found out.
const assumedMemory = 8 * gigabyte

// serverSettings are those both sides run under: what an administrator would set for
// a warehouse on a machine of that memory. The costs of parallelism are low, so that
// the reference does run in parallel; what protects data from a crash stays on.
func serverSettings(memory int64) map[string]string {
	if memory == 0 {
		memory = assumedMemory
	}
	return map[string]string{
		"shared_buffers":                   megabytes(clamp(memory/6, 128*megabyte, 16*gigabyte)),
		"effective_cache_size":             megabytes(max(memory/2, 256*megabyte)),
		"work_mem":                         "64MB",
		"maintenance_work_mem":             megabytes(clamp(memory/32, 64*megabyte, gigabyte)),
		"max_wal_size":                     "16GB", // diskLogAtMost
		"checkpoint_timeout":               "30min",
		"max_parallel_workers_per_gather":  "2",
		"max_parallel_maintenance_workers": "2",
		"parallel_setup_cost":              "100",
		"parallel_tuple_cost":              "0.001",
		"random_page_cost":                 "1.1",
		"jit":                              "off",
		"track_io_timing":                  "on",
		"autovacuum":                       "on",
	}
}

// referenceSettings are those of the reference's one session besides: its sorts and
// hashes are few and large.
func referenceSettings(memory int64) map[string]string {
	if memory == 0 {
		memory = assumedMemory
	}
	return map[string]string{
		"work_mem":          megabytes(clamp(memory/64, 64*megabyte, 512*megabyte)),
		"statement_timeout": "0",
	}
}

func clamp(n, least, most int64) int64 { return min(max(n, least), most) }

func megabytes(n int64) string { return strconv.FormatInt(n/megabyte, 10) + "MB" }

// gigabytes is "1.3 GB".
func gigabytes(n int64) string { return fmt.Sprintf("%.1f GB", float64(n)/1e9) }

// What a bench takes on disk at its fullest, in bytes: a little for the server, so much for
// each event, and the server's log, which is bounded. Measured by Report.DiskPeak on
// 300,000 and 1,000,000 events of a year (0.74 and 2.0 GB from tables; 0.39 and 1.1 GB straight), and
// rounded up by a fifth.
const (
	diskFixed     = 200_000_000
	diskOurs      = 550   // the events taken in, and all that is made of them
	diskStraight  = 900   // the same, and the reference
	diskTables    = 1_600 // the same, with the source tables and the bare twins
	diskKept      = 650   // the events once more, to start from again
	diskLog       = 500   // of the server's log …
	diskLogAtMost = 16 << 30
)

// DiskNeeded is about what a bench takes at its fullest, in bytes.
func DiskNeeded(events int64, straight, kept, skipReference bool) int64 {
	each := int64(diskTables)
	switch {
	case straight && skipReference:
		each = diskOurs
	case straight:
		each = diskStraight
	}
	if kept {
		each += diskKept
	}
	return diskFixed + events*each + min(events*diskLog, diskLogAtMost)
}

// A DiskError refuses a bench for which there is not enough disk.
type DiskError struct {
	Dir          string
	Needed, Free int64
}

// Error says how much is missing, and what to do.
func (e *DiskError) Error() string {
	return fmt.Sprintf("about %s of disk needed, and %s free in %s: take fewer --events, --straight, or another --dir (or TMPDIR)",
		gigabytes(e.Needed), gigabytes(e.Free), e.Dir)
}

// checkDisk refuses what the disk will not hold.
func checkDisk(dir string, needed, free int64) error {
	if free < needed {
		return &DiskError{Dir: dir, Needed: needed, Free: free}
	}
	return nil
}

// freeDisk is how much there is for us where dir is, in bytes.
func freeDisk(dir string) (int64, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil {
		return 0, fmt.Errorf("free disk of %s: %w", dir, err)
	}
	return int64(stat.Bavail) * int64(stat.Bsize), nil //nolint:unconvert // the types differ from system to system
}

// A DirError refuses a folder that holds something other than what is asked for.
type DirError struct{ text string }

// Error says what to do.
func (e *DirError) Error() string { return e.text }

// mark is the file that says that a folder is a bench's, whose databases may be dropped.
const mark = "this-is-a-bench"

// claimDir makes a folder a bench's. It refuses one that holds anything else.
func claimDir(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return &DirError{err.Error()}
		}
	case err != nil:
		return &DirError{err.Error()}
	case len(entries) > 0:
		if _, err := os.Stat(filepath.Join(dir, mark)); err != nil {
			return &DirError{fmt.Sprintf("%s is not empty, and no bench was there: name another", dir)}
		}
	}
	return os.WriteFile(filepath.Join(dir, mark), nil, 0o600)
}

// A diskGauge watches how much disk a bench takes.
type diskGauge struct {
	dirs  []string
	done  chan struct{}
	stop  func()
	mutex sync.Mutex
	most  int64
}

// gaugeEvery is how often the disk is looked at, besides at the end of each phase: a
// look takes some milliseconds of a core.
const gaugeEvery = 5 * time.Second

// gaugeDisk watches the folders until stop is called.
func gaugeDisk(dirs ...string) *diskGauge {
	g := &diskGauge{dirs: dirs, done: make(chan struct{})}
	g.stop = sync.OnceFunc(func() { close(g.done) })
	go func() {
		tick := time.NewTicker(gaugeEvery)
		defer tick.Stop()
		for {
			select {
			case <-g.done:
				return
			case <-tick.C:
				g.look()
			}
		}
	}()
	return g
}

// look adds up what the folders take.
func (g *diskGauge) look() {
	total := int64(0)
	for _, dir := range g.dirs {
		// Files come and go under our eyes: what cannot be seen is not there.
		_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil
			}
			if info, err := d.Info(); err == nil {
				if stat, ok := info.Sys().(*syscall.Stat_t); ok {
					total += stat.Blocks * 512 // of that size on every system
				}
			}
			return nil
		})
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.most = max(g.most, total)
}

// peak is the most there was.
func (g *diskGauge) peak() int64 {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.most
}

// machine finds out what this runs on.
func machine() Machine {
	return Machine{
		CPU: proc("/proc/cpuinfo", "model name"), Cores: runtime.NumCPU(), Memory: memory(),
		System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(),
	}
}

// memory is the machine's, in bytes; 0: unknown.
func memory() int64 {
	kilobytes, err := strconv.ParseInt(strings.TrimSuffix(proc("/proc/meminfo", "MemTotal"), " kB"), 10, 64)
	if err != nil {
		return 0
	}
	return kilobytes * kilobyte
}

// proc is the first value of a name in a file of Linux's, or "".
func proc(file, name string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, _ := strings.Cut(lines.Text(), ":"); strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// sizes notes what each schema takes at the end.
func (b *bench) sizes(ctx context.Context) error {
	rows, err := b.pool.Query(ctx, `
		SELECT n.nspname, sum(pg_total_relation_size(c.oid))::bigint
		FROM pg_class AS c
		JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('information_schema', 'public') AND n.nspname !~ '^pg_'
		GROUP BY n.nspname
		HAVING sum(pg_total_relation_size(c.oid)) > 0
		ORDER BY 2 DESC`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var s Size
		if err := rows.Scan(&s.Schema, &s.Bytes); err != nil {
			return err
		}
		b.report.Sizes = append(b.report.Sizes, s)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return b.pool.QueryRow(ctx, "SELECT current_setting('server_version')").Scan(&b.report.Machine.Postgres)
}

// set gives the session settings.
func set(settings map[string]string) (statements []string) {
	for name := range maps.Keys(settings) {
		statements = append(statements, "SET "+name+" = '"+settings[name]+"'")
	}
	return statements
}
