# The same spend stands beside every conversion and model, and a filter of an explore
# can be emptied: so every measure is empty over more than one of either, and money
# over more than one currency. Ratios are of sums, never means of ratios.
view: +channel_performance {
  dimension: conversions {
    hidden: yes
  }

  dimension: first_visit_conversions {
    hidden: yes
  }

  dimension: revenue {
    hidden: yes
  }

  dimension: spend {
    hidden: yes
  }

  dimension: cac {
    hidden: yes
  }

  dimension: roas {
    hidden: yes
  }

  dimension: ltv {
    hidden: yes
  }

  dimension: first_visit_share {
    hidden: yes
  }

  measure: sum_of_conversions {
    hidden: yes
    type: sum
    sql: ${conversions} ;;
  }

  measure: sum_of_first_visit_conversions {
    hidden: yes
    type: sum
    sql: ${first_visit_conversions} ;;
  }

  measure: sum_of_revenue {
    hidden: yes
    type: sum
    sql: ${revenue} ;;
  }

  measure: sum_of_spend {
    hidden: yes
    type: sum
    sql: ${spend} ;;
  }

  measure: total_conversions {
    type: number
    label: "Conversions"
    sql: CASE WHEN (MIN(${conversion}), MIN(${model})) = (MAX(${conversion}), MAX(${model})) THEN ${sum_of_conversions} END ;;
    value_format_name: decimal_1
    description: "Conversions, shared by the model; empty over more than one conversion or model."
    drill_fields: [day_date, channel, source, medium, campaign, total_conversions, total_spend, total_revenue]
  }

  measure: total_first_visit_share {
    type: number
    label: "First Visit Share"
    sql: 1.0 * CASE WHEN (MIN(${conversion}), MIN(${model})) = (MAX(${conversion}), MAX(${model})) THEN ${sum_of_first_visit_conversions} END
      / NULLIF(${sum_of_conversions}, 0) ;;
    value_format_name: percent_1
    description: "Of the conversions, those made on the person's first visit."
  }

  measure: total_spend {
    type: number
    label: "Spend"
    sql: CASE WHEN (MIN(${conversion}), MIN(${model}), MIN(${currency})) = (MAX(${conversion}), MAX(${model}), MAX(${currency})) THEN ${sum_of_spend} END ;;
    value_format_name: decimal_2
    description: "What was spent; empty over more than one conversion, model or currency, beside each of which the same spend stands."
  }

  measure: total_revenue {
    type: number
    label: "Revenue"
    sql: CASE WHEN (MIN(${conversion}), MIN(${model}), MIN(${currency})) = (MAX(${conversion}), MAX(${model}), MAX(${currency})) THEN ${sum_of_revenue} END ;;
    value_format_name: decimal_2
    description: "What the conversions brought, shared by the model; empty over more than one conversion, model or currency."
  }

  measure: total_cac {
    type: number
    label: "CAC"
    sql: 1.0 * NULLIF(${total_spend}, 0) / NULLIF(${sum_of_conversions}, 0) ;;
    value_format_name: decimal_2
    description: "Cost of a conversion: the sum of spend over the sum of conversions; empty without either."
  }

  measure: total_roas {
    type: number
    label: "ROAS"
    sql: 1.0 * ${total_revenue} / NULLIF(${sum_of_spend}, 0) ;;
    value_format_name: decimal_2
    description: "Return on spend: the sum of revenue over the sum of spend."
  }

  measure: total_ltv {
    type: number
    label: "LTV"
    sql: 1.0 * ${total_revenue} / NULLIF(${sum_of_conversions}, 0) ;;
    value_format_name: decimal_2
    description: "Revenue of a conversion to date: the sum of revenue over the sum of conversions."
  }

  measure: unmatched_spend {
    type: number
    label: "Spend without Conversions"
    sql: CASE WHEN (MIN(${conversion}), MIN(${model}), MIN(${currency})) = (MAX(${conversion}), MAX(${model}), MAX(${currency})) THEN ${sum_of_unmatched_spend} END ;;
    value_format_name: decimal_2
    description: "Spend of days and campaigns that no conversion stands beside: nobody converted that day, or the campaign is spelt otherwise in links."
  }

  measure: sum_of_unmatched_spend {
    hidden: yes
    type: sum
    sql: ${spend} ;;
    filters: [conversions: "0"]
  }
}
