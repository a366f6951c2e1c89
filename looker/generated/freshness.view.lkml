# Made from the comments in the database; do not edit: what is added by hand is in ../views.
# For each published table its run, its newest event and when it was published.
view: freshness {
  sql_table_name: @{attribution_schema}.freshness ;;

  dimension: table_name {
    primary_key: yes
    type: string
    sql: ${TABLE}.table_name ;;
    description: "The table."
  }

  dimension: run_id {
    type: number
    sql: ${TABLE}.run_id ;;
    description: "The run that published it."
  }

  dimension_group: newest_event {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.newest_event ;;
    description: "received_at of the newest event taken in by then."
  }

  dimension_group: published {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.published_at ;;
    description: "When."
  }
}
