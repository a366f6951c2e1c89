view: +persons {
  dimension: traits {
    hidden: yes
  }

  # A trait named in the setting person_traits becomes a field like this:
  #
  # dimension: company {
  #   type: string
  #   sql: ${TABLE}.traits ->> 'company' ;;
  #   description: "The company, as the person's identify calls last said."
  # }

  measure: count {
    type: count
    label: "Persons"
    description: "Users, and visitors not known as a user."
    drill_fields: [alias_id, is_identified, first_seen_time, session_count, signup_time]
  }

  measure: signed_up_count {
    type: count
    filters: [is_signed_up: "yes"]
    label: "Signed-up Persons"
  }

  measure: signup_share {
    type: number
    sql: 1.0 * ${signed_up_count} / NULLIF(${count}, 0) ;;
    value_format_name: percent_2
    description: "Of the persons, those signed up."
  }

  measure: average_sessions {
    type: average
    sql: ${session_count} ;;
    value_format_name: decimal_1
    label: "Sessions per Person"
  }
}
