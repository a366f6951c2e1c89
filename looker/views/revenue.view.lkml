view: +revenue {
  dimension: amount {
    hidden: yes
  }

  measure: payer_count {
    type: count
    filters: [alias_id: "-NULL"]
    label: "Payers"
    description: "Persons who paid; one who paid in two currencies counts twice."
  }

  measure: sum_of_amount {
    hidden: yes
    type: sum
    sql: ${amount} ;;
  }

  measure: total_amount {
    type: number
    sql: CASE WHEN MIN(${currency}) = MAX(${currency}) THEN ${sum_of_amount} END ;;
    value_format_name: decimal_2
    label: "Amount"
    description: "What they paid until the last run; empty over more than one currency: ask for one, or group by it."
  }
}
