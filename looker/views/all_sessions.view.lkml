view: +all_sessions {
  label: "Sessions"

  dimension: minutes {
    type: number
    sql: EXTRACT(EPOCH FROM ${ended_raw} - ${started_raw}) / 60 ;;
    value_format_name: decimal_1
    description: "From the first to the last event; 0 where there is one event."
  }

  measure: count {
    type: count
    label: "Sessions"
    drill_fields: [alias_id, session_index, started_time, channel, source, campaign, entry_page, event_count]
  }

  measure: person_count {
    type: count_distinct
    sql: ${is_identified} || ':' || ${alias_id} ;;
    label: "Persons"
    description: "Persons with such a session."
  }

  measure: signup_session_count {
    type: count
    filters: [is_signup_session: "yes"]
    label: "Signup Sessions"
  }

  measure: signup_share {
    type: number
    sql: 1.0 * ${signup_session_count} / NULLIF(${count}, 0) ;;
    value_format_name: percent_2
    description: "Of the sessions, those in which the person signed up."
  }

  measure: total_pages {
    type: sum
    sql: ${page_count} ;;
    label: "Page Views"
  }

  measure: median_minutes {
    type: median
    sql: ${minutes} ;;
    value_format_name: decimal_1
    description: "Median length in minutes."
  }
}
