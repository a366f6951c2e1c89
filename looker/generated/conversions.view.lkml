# Made from the comments in the database; do not edit: what is added by hand is in ../views.
# Every conversion: the signup of each signed-up person, and those named in conversions, the first of a person or every one.
view: conversions {
  sql_table_name: @{attribution_schema}.conversions ;;

  dimension: key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CASE WHEN ${TABLE}.alias_id IS NOT NULL THEN ROW(${TABLE}.alias_id, ${TABLE}.is_identified, ${TABLE}.conversion, ${TABLE}.number)::text END ;;
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

  dimension: conversion {
    type: string
    sql: ${TABLE}.conversion ;;
    description: "signup, or the name given in conversions."
  }

  dimension: number {
    type: number
    sql: ${TABLE}.number ;;
    description: "From 1 among the person's conversions of the name, in the order of events."
  }

  dimension_group: converted {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.converted_at ;;
    description: "Event time."
  }

  dimension: session_count {
    type: number
    sql: ${TABLE}.session_count ;;
    description: "Sessions begun at or before it; 1 means converted on the first visit, 0 that no session is known."
  }

  dimension: value {
    type: number
    sql: ${TABLE}.value ;;
    description: "What it is worth, from the event's own table; NULL where none is named, found or a number."
  }

  dimension: currency {
    type: string
    sql: ${TABLE}.currency ;;
    description: "Currency of value, in capitals, from the event's own table; NULL: the reporting currency (money.currency)."
  }

  dimension: source {
    type: string
    sql: ${TABLE}.source ;;
    description: "Schema of the Segment source of its event."
  }

  dimension: message_id {
    type: string
    sql: ${TABLE}.message_id ;;
    description: "The event's id there."
  }
}
