view: +touches {
  measure: count {
    type: count
    label: "Touches"
    drill_fields: [alias_id, position, touched_time, channel, source, campaign, landing_page]
  }

  measure: paid_count {
    type: count
    filters: [is_paid: "yes"]
    label: "Paid Touches"
  }
}
