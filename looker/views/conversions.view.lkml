view: +conversions {
  dimension: value {
    hidden: yes
  }

  dimension: is_first_visit {
    type: yesno
    sql: ${session_count} = 1 ;;
    description: "Made on the person's first visit."
  }

  measure: count {
    type: count
    label: "Conversions"
    drill_fields: [alias_id, conversion, number, converted_time, session_count, value, currency]
  }

  measure: person_count {
    type: count_distinct
    sql: ${is_identified} || ':' || ${alias_id} ;;
    label: "Persons"
    description: "Persons with such a conversion."
  }

  measure: first_visit_count {
    type: count
    filters: [is_first_visit: "yes"]
    label: "Conversions on First Visit"
  }

  measure: first_visit_share {
    type: number
    sql: 1.0 * ${first_visit_count} / NULLIF(${count}, 0) ;;
    value_format_name: percent_1
    description: "Of the conversions, those made on the person's first visit."
  }

  measure: sum_of_value {
    hidden: yes
    type: sum
    sql: ${value} ;;
  }

  measure: total_value {
    type: number
    sql: CASE WHEN MIN(COALESCE(${currency}, '')) = MAX(COALESCE(${currency}, '')) THEN ${sum_of_value} END ;;
    value_format_name: decimal_2
    description: "What they are worth; empty over more than one currency: ask for one, or group by it."
  }
}
