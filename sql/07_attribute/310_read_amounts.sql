-- What the operator keeps of spend or payments. Columns: those of ours that the table has. Reads: the operator's table.
SELECT {{range $i, $c := .Extra}}{{if $i}}, {{end}}t.{{$c}}{{end}} FROM {{.Source}} AS t
