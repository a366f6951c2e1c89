# Made from the comments in the database; do not edit: what is added by hand is in ../views.
# The removal effect of each channel under the Markov model, of this morning: the part of the conversions that would be lost without it. Credits of the model markov are shared in proportion to it.
view: channel_weights {
  sql_table_name: @{attribution_schema}.channel_weights ;;

  dimension: key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CASE WHEN ${TABLE}.conversion IS NOT NULL THEN ROW(${TABLE}.conversion, ${TABLE}.channel)::text END ;;
  }

  dimension: conversion {
    type: string
    sql: ${TABLE}.conversion ;;
    description: "The conversion."
  }

  dimension: channel {
    type: string
    sql: ${TABLE}.channel ;;
    description: "The channel."
  }

  dimension: weight {
    type: number
    sql: ${TABLE}.weight ;;
    description: "Its removal effect, 0 to 1."
  }
}
