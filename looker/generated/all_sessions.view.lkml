# Made from the comments in the database; do not edit: what is added by hand is in ../views.
# Every session of every person. A session ends when more than session_gap (20 minutes) passes without an event. Monthly partitions by started_at in UTC: the _signup tables of the stages schema.
view: all_sessions {
  sql_table_name: @{attribution_schema}.all_sessions ;;

  dimension: key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CASE WHEN ${TABLE}.alias_id IS NOT NULL THEN ROW(${TABLE}.alias_id, ${TABLE}.is_identified, ${TABLE}.started_at)::text END ;;
  }

  dimension: session_id {
    type: string
    sql: ${TABLE}.session_id ;;
    description: "md5 of u or a, :, alias_id, :, microseconds of started_at since 1970: the same in every run."
  }

  dimension: alias_id {
    type: string
    sql: ${TABLE}.alias_id ;;
    description: "The person: root user_id, or anonymous_id where is_identified is false. May change from one night to the next; aliases.user_ids is the way to join your users."
  }

  dimension: is_identified {
    type: yesno
    sql: ${TABLE}.is_identified ;;
    description: "The person is a user, not an anonymous visitor."
  }

  dimension: session_index {
    type: number
    sql: ${TABLE}.session_index ;;
    description: "Number of the session among the person's, from 1."
  }

  dimension_group: started {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.started_at ;;
    description: "Event time of the first event."
  }

  dimension_group: ended {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.ended_at ;;
    description: "Event time of the last event; the gap is not added."
  }

  dimension: event_count {
    type: number
    sql: ${TABLE}.event_count ;;
    description: "Events in the session."
  }

  dimension: page_count {
    type: number
    sql: ${TABLE}.page_count ;;
    description: "Rows of pages among them."
  }

  dimension: entry_page {
    type: string
    sql: ${TABLE}.entry_page ;;
    description: "URL of the first event with a page URL."
  }

  dimension: exit_page {
    type: string
    sql: ${TABLE}.exit_page ;;
    description: "URL of the last event with a page URL."
  }

  dimension: entry_referrer {
    type: string
    sql: ${TABLE}.entry_referrer ;;
    description: "Referrer of the first event with a page URL, as sent."
  }

  dimension: source {
    type: string
    sql: ${TABLE}.source ;;
    description: "Source of the session's first touch."
  }

  dimension: medium {
    type: string
    sql: ${TABLE}.medium ;;
    description: "Medium of the session's first touch."
  }

  dimension: campaign {
    type: string
    sql: ${TABLE}.campaign ;;
    description: "Campaign of the session's first touch."
  }

  dimension: term {
    type: string
    sql: ${TABLE}.term ;;
    description: "Term of the session's first touch."
  }

  dimension: content {
    type: string
    sql: ${TABLE}.content ;;
    description: "Content of the session's first touch."
  }

  dimension: channel {
    type: string
    sql: ${TABLE}.channel ;;
    description: "Channel of the session's first touch, by the channel rules."
  }

  dimension: is_paid {
    type: yesno
    sql: ${TABLE}.is_paid ;;
    description: "The session's first touch is paid."
  }

  dimension: is_signup_session {
    type: yesno
    sql: ${TABLE}.is_signup_session ;;
    description: "The latest session with started_at <= signup <= ended_at + session_gap."
  }

  dimension: bot_event_count {
    type: number
    sql: ${TABLE}.bot_event_count ;;
    description: "Events sent by a known crawler, by their user agent."
  }
}
