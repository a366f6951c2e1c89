-- Attaches a month's partition. Writes: the parent's partitions.
-- Flag: the partition key is a date, not a timestamptz.
ALTER TABLE {{.Other}} ATTACH PARTITION {{.Table}} FOR VALUES FROM ({{if .Flag}}{{.Month.FromDate}}{{else}}{{.Month.From}}{{end}}) TO ({{if .Flag}}{{.Month.ToDate}}{{else}}{{.Month.To}}{{end}})
