# Made from the comments in the database; do not edit: what is added by hand is in ../views.
# What each person paid until the last run, summed from the table or query named in money.revenue, one row a person and currency; made anew every run. One row a currency without a person, for users never seen in events.
view: revenue {
  sql_table_name: @{attribution_schema}.revenue ;;

  dimension: key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CASE WHEN ${TABLE}.currency IS NOT NULL THEN ROW(${TABLE}.alias_id, ${TABLE}.is_identified, ${TABLE}.currency)::text END ;;
  }

  dimension: alias_id {
    type: string
    sql: ${TABLE}.alias_id ;;
    description: "The person; NULL: users never seen in events."
  }

  dimension: is_identified {
    type: yesno
    sql: ${TABLE}.is_identified ;;
    description: "The person is a user, not an anonymous visitor."
  }

  dimension: currency {
    type: string
    sql: ${TABLE}.currency ;;
    description: "Currency of amount, in capitals."
  }

  dimension: amount {
    type: number
    sql: ${TABLE}.amount ;;
    description: "Sum of the payments."
  }

  dimension: payment_count {
    type: number
    sql: ${TABLE}.payment_count ;;
    description: "How many there were."
  }

  dimension_group: first_paid {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.first_paid_at ;;
    description: "Time of the first."
  }

  dimension_group: last_paid {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.last_paid_at ;;
    description: "Time of the last."
  }
}
