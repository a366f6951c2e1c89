# Credit of several models must not be added up, and a filter of an explore can be
# emptied: so the measure itself is empty over more than one model.
view: +credits {
  dimension: credit {
    hidden: yes
  }

  measure: sum_of_credit {
    hidden: yes
    type: sum
    sql: ${credit} ;;
  }

  measure: total_credit {
    type: number
    label: "Conversions Credited"
    sql: CASE WHEN MIN(${model}) = MAX(${model}) THEN ${sum_of_credit} END ;;
    value_format_name: decimal_1
    description: "Conversions, shared by the model; empty over more than one model: ask for one, or group by it."
    drill_fields: [alias_id, conversion, number, converted_time, position, channel, source, campaign, credit]
  }

  measure: touch_count {
    type: count
    filters: [position: ">0"]
    label: "Touches Credited"
    description: "Touches with credit under the models asked for."
  }
}
