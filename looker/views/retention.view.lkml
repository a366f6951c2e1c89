# A signup is in a row of every dimension and week: so the measures are empty over
# more than one of either.
view: +retention {
  dimension: signups {
    hidden: yes
  }

  dimension: active {
    hidden: yes
  }

  dimension: share {
    hidden: yes
  }

  measure: sum_of_signups {
    hidden: yes
    type: sum
    sql: ${signups} ;;
  }

  measure: sum_of_active {
    hidden: yes
    type: sum
    sql: ${active} ;;
  }

  measure: total_signups {
    type: number
    label: "Signups"
    sql: CASE WHEN (MIN(${dimension}), MIN(${week})) = (MAX(${dimension}), MAX(${week})) THEN ${sum_of_signups} END ;;
    description: "Persons signed up long enough ago; empty over more than one dimension or week."
  }

  measure: total_active {
    type: number
    label: "Active"
    sql: CASE WHEN (MIN(${dimension}), MIN(${week})) = (MAX(${dimension}), MAX(${week})) THEN ${sum_of_active} END ;;
    description: "Those with a session begun in that week; empty over more than one dimension or week."
  }

  measure: retention_share {
    type: number
    sql: 1.0 * ${total_active} / NULLIF(${sum_of_signups}, 0) ;;
    value_format_name: percent_1
    description: "Active over signups, both summed."
  }
}
