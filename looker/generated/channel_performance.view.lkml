# Made from the comments in the database; do not edit: what is added by hand is in ../views.
# Conversions, revenue and spend by day, channel and campaign, a row for each conversion and model that has any of them; made anew every run where money.spend, money.revenue or the value of a conversion is named, else empty: credits has the conversions. The same spend stands beside every conversion and model, so always ask for one of each. Spend without conversions and conversions without spend are rows too; so sums are whole.
view: channel_performance {
  sql_table_name: @{attribution_schema}.channel_performance ;;

  dimension: key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CASE WHEN ${TABLE}.day IS NOT NULL THEN ROW(${TABLE}.day, ${TABLE}.conversion, ${TABLE}.model, ${TABLE}.channel, ${TABLE}.source, ${TABLE}.medium, ${TABLE}.campaign, ${TABLE}.currency)::text END ;;
  }

  dimension_group: day {
    type: time
    timeframes: [raw, date, week, month, quarter, year]
    datatype: date
    convert_tz: no
    sql: ${TABLE}.day ;;
    description: "UTC day: of the conversion, and of the spend."
  }

  dimension: conversion {
    type: string
    sql: ${TABLE}.conversion ;;
    description: "signup, or the name given in conversions."
  }

  dimension: model {
    type: string
    sql: ${TABLE}.model ;;
    description: "The model that shares the conversions out, as in sessions.credits."
  }

  dimension: channel {
    type: string
    sql: ${TABLE}.channel ;;
    description: "Channel of the touches, or of the spend; NULL: credit no touch can have, and revenue of persons who never signed up."
  }

  dimension: source {
    type: string
    sql: ${TABLE}.source ;;
    description: "Their source."
  }

  dimension: medium {
    type: string
    sql: ${TABLE}.medium ;;
    description: "Their medium."
  }

  dimension: campaign {
    type: string
    sql: ${TABLE}.campaign ;;
    description: "Their campaign."
  }

  dimension: currency {
    type: string
    sql: ${TABLE}.currency ;;
    description: "Currency of revenue and spend: the reporting currency (money.currency), or one that money.rates has no rate for, whose rows have no conversions."
  }

  dimension: conversions {
    type: number
    sql: ${TABLE}.conversions ;;
    description: "Credit earned: conversions, shared by the model."
  }

  dimension: first_visit_conversions {
    type: number
    sql: ${TABLE}.first_visit_conversions ;;
    description: "Those of them made on the person's first visit."
  }

  dimension: revenue {
    type: number
    sql: ${TABLE}.revenue ;;
    description: "Of a signup all that the person paid until the last run where money.revenue is given; else the value of the conversion. Shared by the model."
  }

  dimension: spend {
    type: number
    sql: ${TABLE}.spend ;;
    description: "What was spent on the day."
  }

  dimension: cac {
    type: number
    sql: ${TABLE}.cac ;;
    description: "Cost of a conversion: spend / conversions; NULL without either."
  }

  dimension: roas {
    type: number
    sql: ${TABLE}.roas ;;
    description: "Return on spend: revenue / spend; NULL without spend."
  }

  dimension: ltv {
    type: number
    sql: ${TABLE}.ltv ;;
    description: "Revenue of a conversion: revenue / conversions; NULL without conversions."
  }

  dimension: first_visit_share {
    type: number
    sql: ${TABLE}.first_visit_share ;;
    description: "first_visit_conversions / conversions; NULL without conversions."
  }
}
