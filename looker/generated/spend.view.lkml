# Made from the comments in the database; do not edit: what is added by hand is in ../views.
# What was spent on marketing, summed from the table or file named in money.spend at the last run, one row a day, source, medium, campaign and currency, source and medium folded as those of touches; made anew every run.
view: spend {
  sql_table_name: @{attribution_schema}.spend ;;

  dimension: key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CASE WHEN ${TABLE}.spent_on IS NOT NULL THEN ROW(${TABLE}.spent_on, ${TABLE}.source, ${TABLE}.medium, ${TABLE}.campaign, ${TABLE}.currency)::text END ;;
  }

  dimension_group: spent {
    type: time
    timeframes: [raw, date, week, month, quarter, year]
    datatype: date
    convert_tz: no
    sql: ${TABLE}.spent_on ;;
    description: "The day."
  }

  dimension: source {
    type: string
    sql: ${TABLE}.source ;;
    description: "Source, trimmed and lower-cased; NULL where absent."
  }

  dimension: medium {
    type: string
    sql: ${TABLE}.medium ;;
    description: "Medium, trimmed and lower-cased; NULL where absent."
  }

  dimension: campaign {
    type: string
    sql: ${TABLE}.campaign ;;
    description: "Campaign, trimmed; NULL where absent."
  }

  dimension: channel {
    type: string
    sql: ${TABLE}.channel ;;
    description: "Channel of these by the channel rules."
  }

  dimension: cost {
    type: number
    sql: ${TABLE}.cost ;;
    description: "What it cost."
  }

  dimension: currency {
    type: string
    sql: ${TABLE}.currency ;;
    description: "Currency of cost, in capitals."
  }
}
