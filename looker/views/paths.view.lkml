# A column for each model that a plain sum can give. Markov's credit needs the weights
# of the morning: it is in credits.
view: +paths {
  dimension: first_touch {
    hidden: yes
  }

  dimension: last_touch {
    hidden: yes
  }

  dimension: last_non_direct {
    hidden: yes
  }

  dimension: first_paid {
    hidden: yes
  }

  dimension: last_paid {
    hidden: yes
  }

  dimension: linear {
    hidden: yes
  }

  dimension: position_based {
    hidden: yes
  }

  dimension: time_decay {
    hidden: yes
  }

  dimension: shapley {
    hidden: yes
  }

  dimension: markov_share {
    hidden: yes
  }

  measure: by_first_touch {
    type: sum
    sql: ${first_touch} ;;
    value_format_name: decimal_1
    label: "by First Touch"
    description: "Conversions, shared by the model first_touch."
  }

  measure: by_last_touch {
    type: sum
    sql: ${last_touch} ;;
    value_format_name: decimal_1
    label: "by Last Touch"
    description: "Conversions, shared by the model last_touch."
  }

  measure: by_last_non_direct {
    type: sum
    sql: ${last_non_direct} ;;
    value_format_name: decimal_1
    label: "by Last Non Direct"
    description: "Conversions, shared by the model last_non_direct."
  }

  measure: by_first_paid {
    type: sum
    sql: ${first_paid} ;;
    value_format_name: decimal_1
    label: "by First Paid"
    description: "Conversions, shared by the model first_paid."
  }

  measure: by_last_paid {
    type: sum
    sql: ${last_paid} ;;
    value_format_name: decimal_1
    label: "by Last Paid"
    description: "Conversions, shared by the model last_paid."
  }

  measure: by_linear {
    type: sum
    sql: ${linear} ;;
    value_format_name: decimal_1
    label: "by Linear"
    description: "Conversions, shared by the model linear."
  }

  measure: by_position_based {
    type: sum
    sql: ${position_based} ;;
    value_format_name: decimal_1
    label: "by Position Based"
    description: "Conversions, shared by the model position_based."
  }

  measure: by_time_decay {
    type: sum
    sql: ${time_decay} ;;
    value_format_name: decimal_1
    label: "by Time Decay"
    description: "Conversions, shared by the model time_decay."
  }

  measure: by_shapley {
    type: sum
    sql: ${shapley} ;;
    value_format_name: decimal_1
    label: "by Shapley"
    description: "Conversions, shared by the model shapley."
  }

  measure: conversion_count {
    type: count_distinct
    sql: ROW(${alias_id}, ${is_identified}, ${conversion}, ${number})::text ;;
    filters: [position: ">0"]
    label: "Conversions Touched"
    description: "Conversions with such a touch on their path, whatever credit it has. Over channels the sum is more than there are conversions."
  }

  measure: touch_count {
    type: count
    filters: [position: ">0"]
    label: "Touches"
  }
}
