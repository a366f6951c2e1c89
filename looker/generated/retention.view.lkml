# Made from the comments in the database; do not edit: what is added by hand is in ../views.
# How many of the signed-up came back, by where they came from first: of those who signed up long enough ago that the week is over by the newest event.
view: retention {
  sql_table_name: @{attribution_schema}.retention ;;

  dimension: key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CASE WHEN ${TABLE}.dimension IS NOT NULL THEN ROW(${TABLE}.dimension, ${TABLE}.value, ${TABLE}.week)::text END ;;
  }

  dimension: dimension {
    type: string
    sql: ${TABLE}.dimension ;;
    description: "What value is of the first touch: source, channel, campaign, landing_page; or all."
  }

  dimension: value {
    type: string
    sql: ${TABLE}.value ;;
    description: "Its value; NULL where absent, and for all."
  }

  dimension: week {
    type: number
    sql: ${TABLE}.week ;;
    description: "1, 4, 12 or 26: the seven days that begin so many times seven days after the signup."
  }

  dimension: signups {
    type: number
    sql: ${TABLE}.signups ;;
    description: "Persons signed up long enough ago."
  }

  dimension: active {
    type: number
    sql: ${TABLE}.active ;;
    description: "Those with a session begun in that week."
  }

  dimension: share {
    type: number
    sql: ${TABLE}.share ;;
    description: "active / signups."
  }
}
