view: +spend {
  dimension: cost {
    hidden: yes
  }

  measure: sum_of_cost {
    hidden: yes
    type: sum
    sql: ${cost} ;;
  }

  measure: total_cost {
    type: number
    sql: CASE WHEN MIN(${currency}) = MAX(${currency}) THEN ${sum_of_cost} END ;;
    value_format_name: decimal_2
    description: "What was spent; empty over more than one currency: ask for one, or group by it."
  }
}
