# Made from the comments in the database; do not edit: what is added by hand is in ../views.
# One row per signed-up person, always: where they came from first and last, and by which paid touches. A signup without any session has count 0 and NULL touches.
view: attribution {
  sql_table_name: @{attribution_schema}.attribution ;;

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

  dimension: session_count_before_signup {
    type: number
    sql: ${TABLE}.session_count_before_signup ;;
    description: "Sessions begun at or before the signup; 1 means signed up on the first visit, 0 that no session is known."
  }

  dimension_group: signup {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.signup_timestamp ;;
    description: "Event time of the person's first signup event."
  }

  dimension: blog_url {
    type: string
    sql: ${TABLE}.blog_url ;;
    description: "First blog page visited at or before the signup."
  }

  dimension: first_page_ever_visited {
    type: string
    sql: ${TABLE}.first_page_ever_visited ;;
    description: "First page of all time, also after the signup."
  }

  dimension_group: first_touch {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.first_touch_timestamp ;;
    description: "Time of the earliest touch at or before the signup."
  }

  dimension: first_touch_source {
    type: string
    sql: ${TABLE}.first_touch_source ;;
    description: "Source of the earliest touch at or before the signup."
  }

  dimension: first_touch_campaign {
    type: string
    sql: ${TABLE}.first_touch_campaign ;;
    description: "Campaign of the earliest touch at or before the signup."
  }

  dimension: first_touch_medium {
    type: string
    sql: ${TABLE}.first_touch_medium ;;
    description: "Medium of the earliest touch at or before the signup."
  }

  dimension: first_touch_referrer {
    type: string
    sql: ${TABLE}.first_touch_referrer ;;
    description: "Referrer of the earliest touch at or before the signup."
  }

  dimension_group: last_touch {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.last_touch_timestamp ;;
    description: "Time of the latest touch at or before the signup."
  }

  dimension: last_touch_source {
    type: string
    sql: ${TABLE}.last_touch_source ;;
    description: "Source of the latest touch at or before the signup."
  }

  dimension: last_touch_campaign {
    type: string
    sql: ${TABLE}.last_touch_campaign ;;
    description: "Campaign of the latest touch at or before the signup."
  }

  dimension: last_touch_medium {
    type: string
    sql: ${TABLE}.last_touch_medium ;;
    description: "Medium of the latest touch at or before the signup."
  }

  dimension: last_touch_referrer {
    type: string
    sql: ${TABLE}.last_touch_referrer ;;
    description: "Referrer of the latest touch at or before the signup."
  }

  dimension_group: first_attributed_touch {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.first_attributed_touch_timestamp ;;
    description: "Time of the earliest paid touch at or before the signup; NULL when none was paid."
  }

  dimension: first_attributed_touch_source {
    type: string
    sql: ${TABLE}.first_attributed_touch_source ;;
    description: "Source of the earliest paid touch at or before the signup; NULL when none was paid."
  }

  dimension: first_attributed_touch_campaign {
    type: string
    sql: ${TABLE}.first_attributed_touch_campaign ;;
    description: "Campaign of the earliest paid touch at or before the signup; NULL when none was paid."
  }

  dimension: first_attributed_touch_medium {
    type: string
    sql: ${TABLE}.first_attributed_touch_medium ;;
    description: "Medium of the earliest paid touch at or before the signup; NULL when none was paid."
  }

  dimension: first_attributed_touch_referrer {
    type: string
    sql: ${TABLE}.first_attributed_touch_referrer ;;
    description: "Referrer of the earliest paid touch at or before the signup; NULL when none was paid."
  }

  dimension_group: last_attributed_touch {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.last_attributed_touch_timestamp ;;
    description: "Time of the latest paid touch at or before the signup; NULL when none was paid."
  }

  dimension: last_attributed_touch_source {
    type: string
    sql: ${TABLE}.last_attributed_touch_source ;;
    description: "Source of the latest paid touch at or before the signup; NULL when none was paid."
  }

  dimension: last_attributed_touch_campaign {
    type: string
    sql: ${TABLE}.last_attributed_touch_campaign ;;
    description: "Campaign of the latest paid touch at or before the signup; NULL when none was paid."
  }

  dimension: last_attributed_touch_medium {
    type: string
    sql: ${TABLE}.last_attributed_touch_medium ;;
    description: "Medium of the latest paid touch at or before the signup; NULL when none was paid."
  }

  dimension: last_attributed_touch_referrer {
    type: string
    sql: ${TABLE}.last_attributed_touch_referrer ;;
    description: "Referrer of the latest paid touch at or before the signup; NULL when none was paid."
  }

  dimension: first_touch_channel {
    type: string
    sql: ${TABLE}.first_touch_channel ;;
    description: "Channel of the earliest touch at or before the signup."
  }

  dimension: first_touch_landing_page {
    type: string
    sql: ${TABLE}.first_touch_landing_page ;;
    description: "Page URL of the earliest touch at or before the signup."
  }

  dimension: last_touch_channel {
    type: string
    sql: ${TABLE}.last_touch_channel ;;
    description: "Channel of the latest touch at or before the signup."
  }

  dimension: last_touch_landing_page {
    type: string
    sql: ${TABLE}.last_touch_landing_page ;;
    description: "Page URL of the latest touch at or before the signup."
  }

  dimension: first_attributed_touch_channel {
    type: string
    sql: ${TABLE}.first_attributed_touch_channel ;;
    description: "Channel of the earliest paid touch at or before the signup; NULL when none was paid."
  }

  dimension: first_attributed_touch_landing_page {
    type: string
    sql: ${TABLE}.first_attributed_touch_landing_page ;;
    description: "Page URL of the earliest paid touch at or before the signup; NULL when none was paid."
  }

  dimension: last_attributed_touch_channel {
    type: string
    sql: ${TABLE}.last_attributed_touch_channel ;;
    description: "Channel of the latest paid touch at or before the signup; NULL when none was paid."
  }

  dimension: last_attributed_touch_landing_page {
    type: string
    sql: ${TABLE}.last_attributed_touch_landing_page ;;
    description: "Page URL of the latest paid touch at or before the signup; NULL when none was paid."
  }

  dimension: is_identified {
    type: yesno
    sql: ${TABLE}.is_identified ;;
    description: "The person is a user, not an anonymous visitor."
  }
}
