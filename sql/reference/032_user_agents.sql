-- Purpose: what senders of events say they are, each text once.
-- Reads:   every source table.
-- Writes:  user_agents.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.user_agents AS
SELECT DISTINCT context_user_agent AS user_agent
FROM (
{{- range $i, $t := .Tables}}{{if $i}}
    UNION ALL{{end}}
    SELECT {{$t.Text "context_user_agent"}} FROM {{$t.Name}} AS t
{{- end}}
) AS raw
WHERE context_user_agent <> ''
