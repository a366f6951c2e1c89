view: +freshness {
  measure: hours_since_newest_event {
    type: max
    sql: EXTRACT(EPOCH FROM now() - ${newest_event_raw}) / 3600 ;;
    value_format_name: decimal_1
    description: "Hours since the newest event of the tables was received."
  }
}
