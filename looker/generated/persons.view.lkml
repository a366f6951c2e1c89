# Made from the comments in the database; do not edit: what is added by hand is in ../views.
# One row a person with a session or a signup: how often and how long they were here, and what is known of them.
view: persons {
  sql_table_name: @{attribution_schema}.persons ;;

  dimension: key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CASE WHEN ${TABLE}.alias_id IS NOT NULL THEN ROW(${TABLE}.alias_id, ${TABLE}.is_identified)::text END ;;
  }

  dimension: alias_id {
    type: string
    sql: ${TABLE}.alias_id ;;
    description: "The person: root user_id, or anonymous_id where is_identified is false. May change from one night to the next; aliases.user_ids is the way to join your users."
  }

  dimension: is_identified {
    type: yesno
    sql: ${TABLE}.is_identified ;;
    description: "The person is a user, not an anonymous visitor."
  }

  dimension: session_count {
    type: number
    sql: ${TABLE}.session_count ;;
    description: "Sessions of all time."
  }

  dimension: event_count {
    type: number
    sql: ${TABLE}.event_count ;;
    description: "Events in them."
  }

  dimension: page_count {
    type: number
    sql: ${TABLE}.page_count ;;
    description: "Rows of pages among them."
  }

  dimension: bot_event_count {
    type: number
    sql: ${TABLE}.bot_event_count ;;
    description: "Events sent by a known crawler among them, by their user agent."
  }

  dimension: is_bot {
    type: yesno
    sql: ${TABLE}.is_bot ;;
    description: "Every event was sent by a known crawler; false for who has no session."
  }

  dimension_group: first_seen {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.first_seen_at ;;
    description: "Start of the first session; NULL for a signup without any session."
  }

  dimension_group: last_seen {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.last_seen_at ;;
    description: "End of the last session."
  }

  dimension: is_signed_up {
    type: yesno
    sql: ${TABLE}.is_signed_up ;;
    description: "There is a row of attribution."
  }

  dimension_group: signup {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.signup_timestamp ;;
    description: "Event time of the first signup event."
  }

  dimension: active_in_week_1 {
    type: yesno
    sql: ${TABLE}.active_in_week_1 ;;
    description: "A session began 7 to 14 days after the signup, the 14 excluded. NULL without signup. False also where that week is still to come: sessions.retention leaves those out."
  }

  dimension: active_in_week_4 {
    type: yesno
    sql: ${TABLE}.active_in_week_4 ;;
    description: "A session began in the week that begins 28 days after the signup; NULL without signup."
  }

  dimension: active_in_week_12 {
    type: yesno
    sql: ${TABLE}.active_in_week_12 ;;
    description: "A session began in the week that begins 84 days after the signup; NULL without signup."
  }

  dimension: active_in_week_26 {
    type: yesno
    sql: ${TABLE}.active_in_week_26 ;;
    description: "A session began in the week that begins 182 days after the signup; NULL without signup."
  }

  dimension: traits {
    type: string
    sql: ${TABLE}.traits::text ;;
    description: "The latest value of each trait named in person_traits, as text by name, of the person's identify calls; {} without any."
  }
}
