view: +attribution {
  label: "Signups"

  dimension: days_to_signup {
    type: number
    sql: EXTRACT(EPOCH FROM ${signup_raw} - ${first_touch_raw}) / 86400 ;;
    value_format_name: decimal_1
    description: "From the first touch to the signup, in days of 24 hours; empty without a touch."
  }

  dimension: days_to_signup_tier {
    type: tier
    tiers: [1, 7, 30, 90, 180]
    style: relational
    sql: ${days_to_signup} ;;
    description: "The same in steps."
  }

  dimension: sessions_tier {
    type: tier
    tiers: [1, 2, 3, 4, 6, 11]
    style: integer
    sql: ${session_count_before_signup} ;;
    description: "Sessions begun at or before the signup, in steps."
  }

  dimension: has_paid_touch {
    type: yesno
    sql: ${first_attributed_touch_raw} IS NOT NULL ;;
    description: "A paid touch came at or before the signup, whether or not it was the first or the last."
  }

  dimension: is_first_visit {
    type: yesno
    sql: ${session_count_before_signup} = 1 ;;
    description: "Signed up on the first visit."
  }

  measure: count {
    type: count
    label: "Signups"
    description: "Signed-up persons."
    drill_fields: [alias_id, signup_time, first_touch_channel, first_touch_source, first_touch_campaign, last_touch_channel, session_count_before_signup]
  }

  measure: first_visit_count {
    type: count
    filters: [is_first_visit: "yes"]
    label: "Signups on First Visit"
  }

  measure: first_visit_share {
    type: number
    sql: 1.0 * ${first_visit_count} / NULLIF(${count}, 0) ;;
    value_format_name: percent_1
    description: "Of the signups, those made on the first visit."
  }

  measure: paid_count {
    type: count
    filters: [has_paid_touch: "yes"]
    label: "Signups with a Paid Touch"
  }

  measure: paid_share {
    type: number
    sql: 1.0 * ${paid_count} / NULLIF(${count}, 0) ;;
    value_format_name: percent_1
    description: "Of the signups, those with a paid touch at or before them."
  }

  measure: median_sessions {
    type: median
    sql: ${session_count_before_signup} ;;
    value_format_name: decimal_1
    label: "Median Sessions to Signup"
  }

  measure: median_days {
    type: median
    sql: ${days_to_signup} ;;
    value_format_name: decimal_1
    label: "Median Days to Signup"
    description: "From the first touch to the signup."
  }
}
