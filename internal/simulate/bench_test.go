package simulate

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkGenerate measures the making of rows alone, without any sink.
func BenchmarkGenerate(b *testing.B) {
	w := newWorld(b, Options{Seed: 1, Events: 1_000_000})
	b.ReportAllocs()
	var events int64
	for b.Loop() {
		err := w.Each(b.Context(), 0, w.Options().Days, func(_ int, r *Row) error {
			if r.Kind.IsActivity() {
				events++
			}
			return nil
		})
		require.NoError(b, err)
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkJSON measures rows as raw messages.
func BenchmarkJSON(b *testing.B) {
	w := newWorld(b, Options{Seed: 1, Events: 200_000})
	var line []byte
	var bytes, messages int64
	for b.Loop() {
		err := w.Each(b.Context(), 0, w.Options().Days, func(_ int, r *Row) error {
			line = r.AppendJSON(line[:0])
			bytes += int64(len(line))
			messages++
			return nil
		})
		require.NoError(b, err)
	}
	b.ReportMetric(float64(messages)/b.Elapsed().Seconds(), "messages/s")
	b.ReportMetric(float64(bytes)/float64(messages), "B/message")
}

// BenchmarkCopyFormat measures rows in the binary format of COPY, without a server.
func BenchmarkCopyFormat(b *testing.B) {
	w := newWorld(b, Options{Seed: 1, Events: 200_000})
	var rows int64
	for b.Loop() {
		n, err := copyNowhere(b, w, gatherBytes)
		require.NoError(b, err)
		rows += n
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkTables measures the writing of a day after the other into a real server.
func BenchmarkTables(b *testing.B) {
	w := newWorld(b, Options{Seed: 1, Events: 200_000})
	var rows int64
	for b.Loop() {
		b.StopTimer()
		conn := connect(b)
		b.StartTimer()
		require.NoError(b, w.WriteTables(b.Context(), conn, 0, w.Options().Days, func(n int64) { rows = n }))
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
