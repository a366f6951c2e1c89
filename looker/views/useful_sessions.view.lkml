view: +useful_sessions {
  measure: count {
    type: count
    label: "Useful Sessions"
  }
}
