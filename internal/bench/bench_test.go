package bench

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDiskIsRefused(t *testing.T) {
	require.NoError(t, checkDisk("there", 1000, 1000))
	err := checkDisk("there", 2_500*1_000_000, gigabyte)
	var refused *DiskError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "about 2.5 GB of disk needed, and 1.1 GB free in there: take fewer --events, --straight, or another --dir (or TMPDIR)", err.Error())
}

func TestDiskNeeded(t *testing.T) {
	require.Less(t, DiskNeeded(1_000_000, true, false, true), DiskNeeded(1_000_000, true, false, false))
	require.Less(t, DiskNeeded(1_000_000, true, false, false), DiskNeeded(1_000_000, false, false, false))
	require.Less(t, DiskNeeded(1_000_000, false, false, false), DiskNeeded(1_000_000, false, true, false))
	require.Less(t, DiskNeeded(1_000, false, false, false), int64(1_000_000_000))
}

func TestServerSettings(t *testing.T) {
	for memory, buffers := range map[int64]string{0: "1365MB", gigabyte: "170MB", 24 * gigabyte: "4096MB", 1 << 40: "16384MB"} {
		require.Equal(t, buffers, serverSettings(memory)["shared_buffers"])
	}
	require.Equal(t, "512MB", referenceSettings(64 * gigabyte)["work_mem"])
	require.NotContains(t, serverSettings(0), "fsync")
}

func TestFoldersOfOthers(t *testing.T) {
	dir := t.TempDir()
	var refused *DirError
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "embedded", "server"), 0o700)) // somebody's database
	require.ErrorAs(t, claimDir(filepath.Join(dir, "embedded")), &refused)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	require.ErrorAs(t, claimDir(filepath.Join(dir, "file")), &refused)
	require.NoError(t, claimDir(filepath.Join(dir, "new", "one")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "new", "one", "server"), 0o700))
	require.NoError(t, claimDir(filepath.Join(dir, "new", "one")), "it is its own")
}

// TestMeasures: what is compared with what, and when a target is met.
func TestMeasures(t *testing.T) {
	stages := []Stage{{Number: 1, Seconds: 3}, {Number: 2, Seconds: 2}, {Number: 5, Seconds: 1}, {Number: 8, Seconds: 1}}
	r := Report{
		Phases: []*Phase{
			{Name: phaseFirst, Stages: stages, PeakMemory: 7},
			{Name: phaseBare, Seconds: 1},
			{Name: phaseNight, Stages: stages[2:3]},
			{Name: phaseReference, Seconds: 20},
			{Name: phaseFloorBinary, Seconds: 1},
			{Name: phaseFloorText, Seconds: 2},
			{Name: PhaseFull, Stages: stages[1:], PeakMemory: 5},
			{Name: phaseSessionizer, RowsPerSecond: 6e6, steady: 1000},
		},
		Files: []File{{"600_all_sessions.sql", 16}, {"640_attribution.sql", 4}},
	}
	r.measure(10)
	want := map[string]struct {
		ratio float64
		met   any
	}{
		"full_rebuild": {5, true}, "nightly": {20, false}, "resessionize": {16, true}, "read_floor": {1, true},
		"read_floor_binary": {2, nil}, "take_in": {3, false}, "sessionizer": {math.NaN(), true}, "allocations": {math.NaN(), true}, "memory": {math.NaN(), true},
	}
	require.Len(t, r.Measures, len(want))
	for _, m := range r.Measures {
		w := want[m.Key]
		if math.IsNaN(w.ratio) {
			require.Nil(t, m.Ratio, m.Key)
		} else {
			require.InDelta(t, w.ratio, *m.Ratio, 1e-9, m.Key)
		}
		if w.met == nil {
			require.Nil(t, m.Met, m.Key)
		} else {
			require.Equal(t, w.met, *m.Met, m.Key)
		}
	}
}
