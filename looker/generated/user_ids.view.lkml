# Made from the comments in the database; do not edit: what is added by hand is in ../views.
# Every user_id ever seen and the person it belongs to: join your own users to sessions.* through this table, by user_id, since a person's alias_id may change from one night to the next.
view: user_ids {
  sql_table_name: @{aliases_schema}.user_ids ;;

  dimension: user_id {
    primary_key: yes
    type: string
    sql: ${TABLE}.user_id ;;
    description: "User identifier as in Segment."
  }

  dimension: alias_id {
    type: string
    sql: ${TABLE}.alias_id ;;
    description: "The root user_id that stands for the person (is_identified is true). May change when users are joined or split."
  }
}
