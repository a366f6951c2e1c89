# Made from the comments in the database; do not edit: what is added by hand is in ../views.
# Every touch of every person, after the signup too: each distinct set of tags of a session once, its entry by an external referrer, or the session itself as direct.
view: touches {
  sql_table_name: @{attribution_schema}.touches ;;

  dimension: key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CASE WHEN ${TABLE}.alias_id IS NOT NULL THEN ROW(${TABLE}.alias_id, ${TABLE}.is_identified, ${TABLE}.position)::text END ;;
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

  dimension: position {
    type: number
    sql: ${TABLE}.position ;;
    description: "Number of the touch among the person's, from 1 over all history."
  }

  dimension: session_id {
    type: string
    sql: ${TABLE}.session_id ;;
    description: "The session it happened in."
  }

  dimension_group: touched {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.touched_at ;;
    description: "Event time."
  }

  dimension: source {
    type: string
    sql: ${TABLE}.source ;;
    description: "utm_source, or what the click id implies, or the search engine or domain of the referrer; (direct)."
  }

  dimension: medium {
    type: string
    sql: ${TABLE}.medium ;;
    description: "utm_medium, or what the click id implies; organic or referral by referrer; (none) for direct."
  }

  dimension: campaign {
    type: string
    sql: ${TABLE}.campaign ;;
    description: "utm_campaign."
  }

  dimension: term {
    type: string
    sql: ${TABLE}.term ;;
    description: "utm_term."
  }

  dimension: content {
    type: string
    sql: ${TABLE}.content ;;
    description: "utm_content."
  }

  dimension: referrer {
    type: string
    sql: ${TABLE}.referrer ;;
    description: "Referrer of its event as sent; NULL for direct."
  }

  dimension: landing_page {
    type: string
    sql: ${TABLE}.landing_page ;;
    description: "Page URL of its event; for direct the session's entry page."
  }

  dimension: click_id {
    type: string
    sql: ${TABLE}.click_id ;;
    description: "Kind of click id on the page URL (gclid, fbclid, …), never its value."
  }

  dimension: channel {
    type: string
    sql: ${TABLE}.channel ;;
    description: "Marketing channel by the channel rules."
  }

  dimension: is_paid {
    type: yesno
    sql: ${TABLE}.is_paid ;;
    description: "Paid medium or paid click id. fbclid alone is not."
  }

  dimension: is_before_signup {
    type: yesno
    sql: ${TABLE}.is_before_signup ;;
    description: "At or before the person's signup; NULL for who has not signed up."
  }
}
