-- The rows of one window of one source table, until the transaction ends. Writes: a temporary table.
CREATE TEMPORARY TABLE incoming (
    n                        bigint GENERATED ALWAYS AS IDENTITY,
    id                       text COLLATE "C",
    received_at              timestamptz,
    uuid_ts                  timestamptz,
    "timestamp"              timestamptz,
    anonymous_id             text COLLATE "C",
    user_id                  text COLLATE "C",
    previous_id              text COLLATE "C",
    event                    text,
    event_text               text,
    context_page_url         text,
    url                      text,
    context_page_referrer    text,
    referrer                 text,
    context_campaign_source  text,
    context_campaign_medium  text,
    context_campaign_name    text,
    context_campaign_term    text,
    context_campaign_content text,
    {{- range .Extra}}
    {{.}} text,
    {{- end}}
    load_time                timestamptz,
    reason                   text
) ON COMMIT DROP
