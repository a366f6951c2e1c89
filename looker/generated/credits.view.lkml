# Made from the comments in the database; do not edit: what is added by hand is in ../views.
# Who earned each conversion, by every model: the touches of its path and the share of it each is given. Credits of one conversion and model sum to 1. Always ask for one model, or group by it: summed over models everything counts ten times.
view: credits {
  sql_table_name: @{attribution_schema}.credits ;;

  dimension: key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CASE WHEN ${TABLE}.alias_id IS NOT NULL THEN ROW(${TABLE}.alias_id, ${TABLE}.is_identified, ${TABLE}.conversion, ${TABLE}.number, ${TABLE}.model, ${TABLE}.position)::text END ;;
  }

  dimension: alias_id {
    type: string
    sql: ${TABLE}.alias_id ;;
    description: "The person: root user_id, or anonymous_id where is_identified is false."
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
    description: "Number of the conversion, as in sessions.conversions."
  }

  dimension: model {
    type: string
    sql: ${TABLE}.model ;;
    description: "first_touch, last_touch, last_non_direct, first_paid, last_paid, linear, position_based, time_decay, shapley or markov."
  }

  dimension: position {
    type: number
    sql: ${TABLE}.position ;;
    description: "Number of the touch in the path, from 1; 0: the credit no touch can have, as first_paid where none was paid."
  }

  dimension_group: converted {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.converted_at ;;
    description: "Event time of the conversion."
  }

  dimension: touch_position {
    type: number
    sql: ${TABLE}.touch_position ;;
    description: "position of the touch in sessions.touches; NULL for no touch, and for a session that counts as direct since its every touch is later than the conversion."
  }

  dimension: session_id {
    type: string
    sql: ${TABLE}.session_id ;;
    description: "Session of the touch."
  }

  dimension_group: touched {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.touched_at ;;
    description: "Event time of the touch."
  }

  dimension: source {
    type: string
    sql: ${TABLE}.source ;;
    description: "Source of the touch; NULL: no touch."
  }

  dimension: medium {
    type: string
    sql: ${TABLE}.medium ;;
    description: "Medium of the touch."
  }

  dimension: campaign {
    type: string
    sql: ${TABLE}.campaign ;;
    description: "Campaign of the touch."
  }

  dimension: channel {
    type: string
    sql: ${TABLE}.channel ;;
    description: "Channel of the touch; NULL: no touch."
  }

  dimension: landing_page {
    type: string
    sql: ${TABLE}.landing_page ;;
    description: "Page URL of the touch."
  }

  dimension: is_paid {
    type: yesno
    sql: ${TABLE}.is_paid ;;
    description: "The touch is paid."
  }

  dimension: credit {
    type: number
    sql: ${TABLE}.credit ;;
    description: "Share of the conversion, over 0 to 1."
  }
}
