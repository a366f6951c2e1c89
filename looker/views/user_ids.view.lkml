# Your own users join here, by user_id, never by alias_id, which may change. Make a
# view of them and join it in the explores that join user_ids:
#
# view: users {
#   sql_table_name: public.users ;;
#   dimension: id {
#     primary_key: yes
#     type: string
#     sql: ${TABLE}.id ;;
#   }
#   dimension: plan {
#     type: string
#     sql: ${TABLE}.plan ;;
#   }
# }
#
# join: users {
#   type: left_outer
#   relationship: one_to_one
#   sql_on: ${users.id} = ${user_ids.user_id} ;;
# }
view: +user_ids {
  label: "User Ids"

  measure: count {
    type: count
    label: "User Ids"
    description: "User ids of yours. Two that an alias call joined are one person."
  }
}
