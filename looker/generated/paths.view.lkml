# Made from the comments in the database; do not edit: what is added by hand is in ../views.
# The path of every conversion: its touches by time, with the credit each model gives each. One row a touch; and one of position 0 for what a model can give no touch, as first_paid where none was paid. Each model's column sums to 1 over a conversion. sessions.credits is the same, a row for each model.
view: paths {
  sql_table_name: @{attribution_schema}.paths ;;

  dimension: key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CASE WHEN ${TABLE}.alias_id IS NOT NULL THEN ROW(${TABLE}.alias_id, ${TABLE}.is_identified, ${TABLE}.conversion, ${TABLE}.number, ${TABLE}.position)::text END ;;
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
    description: "Number of the conversion, as in sessions.conversions."
  }

  dimension: position {
    type: number
    sql: ${TABLE}.position ;;
    description: "Number of the touch in the path, from 1; 0: no touch."
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
    description: "position of the touch in sessions.touches; NULL for no touch, and for a session whose every touch is later than the conversion, which counts as direct."
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

  dimension: first_touch {
    type: number
    sql: ${TABLE}.first_touch ;;
    description: "Credit under first touch: all to the earliest."
  }

  dimension: last_touch {
    type: number
    sql: ${TABLE}.last_touch ;;
    description: "Credit under last touch: all to the latest."
  }

  dimension: last_non_direct {
    type: number
    sql: ${TABLE}.last_non_direct ;;
    description: "Credit under last non-direct: all to the latest that is not direct, else to the latest."
  }

  dimension: first_paid {
    type: number
    sql: ${TABLE}.first_paid ;;
    description: "Credit under first paid: all to the earliest paid touch, else to none (position 0)."
  }

  dimension: last_paid {
    type: number
    sql: ${TABLE}.last_paid ;;
    description: "Credit under last paid: all to the latest paid touch, else to none (position 0)."
  }

  dimension: linear {
    type: number
    sql: ${TABLE}.linear ;;
    description: "Credit under linear: the same to each."
  }

  dimension: position_based {
    type: number
    sql: ${TABLE}.position_based ;;
    description: "Credit under position based: 0.4 to the first, 0.4 to the last, 0.2 to those between; of two 0.5 each."
  }

  dimension: time_decay {
    type: number
    sql: ${TABLE}.time_decay ;;
    description: "Credit under time decay: each weighs 2^(-age/half-life), age as of the conversion."
  }

  dimension: shapley {
    type: number
    sql: ${TABLE}.shapley ;;
    description: "Credit under Shapley: the same to each channel of the path, and of that the same to each of its touches."
  }

  dimension: markov_share {
    type: number
    sql: ${TABLE}.markov_share ;;
    description: "Of what Markov gives the touch's channel for this conversion the share of this touch; 0 outside the model's lookback."
  }
}
