# How to set it up, and what each explore answers: docs/looker.md of the project attribution.
connection: "@{attribution_connection}"

include: "generated/*.view"
include: "views/*.view"
include: "dashboards/*.dashboard"

# Every table is published at the end of a run, in one transaction.
datagroup: attribution_run {
  sql_trigger: SELECT MAX(run_id) FROM @{attribution_schema}.freshness ;;
  max_cache_age: "24 hours"
}

persist_with: attribution_run

explore: attribution {
  label: "Signups"
  description: "Where the signed-up came from first and last: a row a signed-up person."

  join: persons {
    type: left_outer
    relationship: one_to_one
    sql_on: ${persons.alias_id} = ${attribution.alias_id} AND ${persons.is_identified} = ${attribution.is_identified} ;;
  }

  join: first_session {
    from: useful_sessions
    view_label: "First Session"
    type: left_outer
    relationship: one_to_one
    sql_on: ${first_session.alias_id} = ${attribution.alias_id} AND ${first_session.is_identified} = ${attribution.is_identified}
      AND ${first_session.kind} = 'first' ;;
  }

  join: signup_session {
    from: useful_sessions
    view_label: "Signup Session"
    type: left_outer
    relationship: one_to_one
    sql_on: ${signup_session.alias_id} = ${attribution.alias_id} AND ${signup_session.is_identified} = ${attribution.is_identified}
      AND ${signup_session.kind} = 'signup' ;;
  }

  join: revenue {
    type: left_outer
    relationship: one_to_many
    sql_on: ${revenue.alias_id} = ${attribution.alias_id} AND ${revenue.is_identified} = ${attribution.is_identified} ;;
  }

  join: user_ids {
    type: left_outer
    relationship: one_to_many
    sql_on: ${user_ids.alias_id} = ${attribution.alias_id} AND ${attribution.is_identified} ;;
  }
}

explore: credits {
  label: "Credits by Model"
  description: "Who earned each conversion, by one model: a row a touch with credit. Ask for one model, or group by it."

  always_filter: {
    filters: [credits.conversion: "signup", credits.model: "first_touch"]
  }

  join: conversions {
    type: left_outer
    relationship: many_to_one
    sql_on: ${conversions.alias_id} = ${credits.alias_id} AND ${conversions.is_identified} = ${credits.is_identified}
      AND ${conversions.conversion} = ${credits.conversion} AND ${conversions.number} = ${credits.number} ;;
  }

  join: persons {
    type: left_outer
    relationship: many_to_one
    sql_on: ${persons.alias_id} = ${credits.alias_id} AND ${persons.is_identified} = ${credits.is_identified} ;;
  }

  join: attribution {
    type: left_outer
    relationship: many_to_one
    sql_on: ${attribution.alias_id} = ${credits.alias_id} AND ${attribution.is_identified} = ${credits.is_identified} ;;
  }

  join: touches {
    view_label: "Touch"
    type: left_outer
    relationship: many_to_one
    sql_on: ${touches.alias_id} = ${credits.alias_id} AND ${touches.is_identified} = ${credits.is_identified}
      AND ${touches.position} = ${credits.touch_position} ;;
  }

  join: channel_weights {
    view_label: "Markov Weights"
    type: left_outer
    relationship: many_to_one
    sql_on: ${channel_weights.conversion} = ${credits.conversion} AND ${channel_weights.channel} = ${credits.channel} ;;
  }
}

explore: paths {
  label: "Paths to Conversion"
  description: "The touches on the path of each conversion, with the credit of nine models side by side: a row a touch."

  always_filter: {
    filters: [paths.conversion: "signup"]
  }

  join: conversions {
    type: left_outer
    relationship: many_to_one
    sql_on: ${conversions.alias_id} = ${paths.alias_id} AND ${conversions.is_identified} = ${paths.is_identified}
      AND ${conversions.conversion} = ${paths.conversion} AND ${conversions.number} = ${paths.number} ;;
  }

  join: persons {
    type: left_outer
    relationship: many_to_one
    sql_on: ${persons.alias_id} = ${paths.alias_id} AND ${persons.is_identified} = ${paths.is_identified} ;;
  }

  join: attribution {
    type: left_outer
    relationship: many_to_one
    sql_on: ${attribution.alias_id} = ${paths.alias_id} AND ${attribution.is_identified} = ${paths.is_identified} ;;
  }
}

explore: conversions {
  description: "Every conversion, whoever earned it."

  always_filter: {
    filters: [conversions.conversion: "signup"]
  }

  join: persons {
    type: left_outer
    relationship: many_to_one
    sql_on: ${persons.alias_id} = ${conversions.alias_id} AND ${persons.is_identified} = ${conversions.is_identified} ;;
  }

  join: attribution {
    type: left_outer
    relationship: many_to_one
    sql_on: ${attribution.alias_id} = ${conversions.alias_id} AND ${attribution.is_identified} = ${conversions.is_identified} ;;
  }

  join: user_ids {
    type: left_outer
    relationship: one_to_many
    sql_on: ${user_ids.alias_id} = ${persons.alias_id} AND ${persons.is_identified} ;;
  }
}

explore: channel_performance {
  description: "Conversions, spend and revenue by day, channel and campaign, by one model. Ask for one conversion and model, and for one currency or group by it."

  always_filter: {
    filters: [channel_performance.conversion: "signup", channel_performance.model: "first_touch"]
  }
}

explore: spend {
  description: "What was spent on marketing, as it was read."
}

explore: all_sessions {
  label: "Sessions"
  description: "Every session, with its person: a row a session."

  join: persons {
    type: left_outer
    relationship: many_to_one
    sql_on: ${persons.alias_id} = ${all_sessions.alias_id} AND ${persons.is_identified} = ${all_sessions.is_identified} ;;
  }

  join: attribution {
    type: left_outer
    relationship: many_to_one
    sql_on: ${attribution.alias_id} = ${all_sessions.alias_id} AND ${attribution.is_identified} = ${all_sessions.is_identified} ;;
  }

  join: user_ids {
    type: left_outer
    relationship: one_to_many
    sql_on: ${user_ids.alias_id} = ${persons.alias_id} AND ${persons.is_identified} ;;
  }
}

explore: touches {
  description: "Every touch, after the signup too, with its session and its person: a row a touch."

  join: all_sessions {
    view_label: "Session"
    type: left_outer
    relationship: many_to_one
    sql_on: ${all_sessions.session_id} = ${touches.session_id} ;;
  }

  join: persons {
    type: left_outer
    relationship: many_to_one
    sql_on: ${persons.alias_id} = ${touches.alias_id} AND ${persons.is_identified} = ${touches.is_identified} ;;
  }

  join: attribution {
    type: left_outer
    relationship: many_to_one
    sql_on: ${attribution.alias_id} = ${touches.alias_id} AND ${attribution.is_identified} = ${touches.is_identified} ;;
  }
}

explore: persons {
  description: "Everybody who was ever here, signed up or not: a row a person."

  join: attribution {
    type: left_outer
    relationship: one_to_one
    sql_on: ${attribution.alias_id} = ${persons.alias_id} AND ${attribution.is_identified} = ${persons.is_identified} ;;
  }

  join: revenue {
    type: left_outer
    relationship: one_to_many
    sql_on: ${revenue.alias_id} = ${persons.alias_id} AND ${revenue.is_identified} = ${persons.is_identified} ;;
  }

  join: user_ids {
    type: left_outer
    relationship: one_to_many
    sql_on: ${user_ids.alias_id} = ${persons.alias_id} AND ${persons.is_identified} ;;
  }
}

explore: retention {
  description: "How many of the signed-up came back, by where they came from first. Ask for one dimension, and group by the week."

  always_filter: {
    filters: [retention.dimension: "channel"]
  }
}

explore: revenue {
  description: "What each person paid until the last run, with where they came from: a row a person and currency."

  join: persons {
    type: left_outer
    relationship: many_to_one
    sql_on: ${persons.alias_id} = ${revenue.alias_id} AND ${persons.is_identified} = ${revenue.is_identified} ;;
  }

  join: attribution {
    type: left_outer
    relationship: many_to_one
    sql_on: ${attribution.alias_id} = ${revenue.alias_id} AND ${attribution.is_identified} = ${revenue.is_identified} ;;
  }
}

explore: freshness {
  description: "Of which run each table is, and how old its newest event."
}
