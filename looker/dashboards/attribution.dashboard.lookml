- dashboard: attribution
  title: Attribution
  description: Where the signups came from, by the model chosen above, and what they cost.
  layout: newspaper
  preferred_viewer: dashboards-next

  filters:
  - name: Period
    title: Period
    type: field_filter
    default_value: 13 months
    allow_multiple_values: false
    required: false
    model: attribution
    explore: channel_performance
    field: channel_performance.day_date
  - name: Model
    title: Model
    type: field_filter
    default_value: first_touch
    allow_multiple_values: false
    required: true
    model: attribution
    explore: channel_performance
    field: channel_performance.model
  - name: Conversion
    title: Conversion
    type: field_filter
    default_value: signup
    allow_multiple_values: false
    required: true
    model: attribution
    explore: channel_performance
    field: channel_performance.conversion

  elements:
  - name: signups
    title: Signups
    model: attribution
    explore: attribution
    type: single_value
    fields: [attribution.count]
    listen:
      Period: attribution.signup_date
    row: 0
    col: 0
    width: 6
    height: 3
  - name: paid_share
    title: With a paid touch
    model: attribution
    explore: attribution
    type: single_value
    fields: [attribution.paid_share]
    listen:
      Period: attribution.signup_date
    row: 0
    col: 6
    width: 6
    height: 3
  - name: median_days
    title: Median days to signup
    model: attribution
    explore: attribution
    type: single_value
    fields: [attribution.median_days]
    listen:
      Period: attribution.signup_date
    row: 0
    col: 12
    width: 6
    height: 3
  - name: hours_since_newest_event
    title: Hours since the newest event
    model: attribution
    explore: freshness
    type: single_value
    fields: [freshness.hours_since_newest_event]
    filters:
      freshness.table_name: attribution
    row: 0
    col: 18
    width: 6
    height: 3
  - name: conversions_by_month
    title: Conversions by month and channel
    model: attribution
    explore: channel_performance
    type: looker_column
    fields: [channel_performance.day_month, channel_performance.channel, channel_performance.total_conversions]
    pivots: [channel_performance.channel]
    sorts: [channel_performance.day_month, channel_performance.channel]
    stacking: normal
    listen:
      Period: channel_performance.day_date
      Model: channel_performance.model
      Conversion: channel_performance.conversion
    row: 3
    col: 0
    width: 14
    height: 8
  - name: models
    title: Models side by side
    note_text: Each column adds up to the conversions of the period.
    note_state: collapsed
    note_display: above
    model: attribution
    explore: credits
    type: looker_grid
    fields: [credits.channel, credits.model, credits.total_credit]
    pivots: [credits.model]
    sorts: [credits.channel, credits.model]
    filters:
      credits.model: ""
    listen:
      Period: credits.converted_date
      Conversion: credits.conversion
    row: 3
    col: 14
    width: 10
    height: 8
  - name: campaigns
    title: Campaigns
    model: attribution
    explore: channel_performance
    type: looker_grid
    fields: [channel_performance.channel, channel_performance.source, channel_performance.campaign, channel_performance.currency, channel_performance.total_conversions,
      channel_performance.total_spend, channel_performance.total_revenue, channel_performance.total_cac, channel_performance.total_roas, channel_performance.total_ltv,
      channel_performance.total_first_visit_share]
    sorts: [channel_performance.total_conversions desc]
    limit: 100
    listen:
      Period: channel_performance.day_date
      Model: channel_performance.model
      Conversion: channel_performance.conversion
    row: 11
    col: 0
    width: 24
    height: 9
  - name: first_and_last
    title: First touch against last touch
    model: attribution
    explore: attribution
    type: looker_grid
    fields: [attribution.first_touch_channel, attribution.last_touch_channel, attribution.count]
    pivots: [attribution.last_touch_channel]
    sorts: [attribution.first_touch_channel, attribution.last_touch_channel]
    listen:
      Period: attribution.signup_date
    row: 20
    col: 0
    width: 12
    height: 8
  - name: sessions_to_signup
    title: Sessions to signup
    model: attribution
    explore: attribution
    type: looker_column
    fields: [attribution.sessions_tier, attribution.count]
    sorts: [attribution.sessions_tier]
    listen:
      Period: attribution.signup_date
    row: 20
    col: 12
    width: 12
    height: 8
  - name: landing_pages
    title: Landing pages of the credited touches
    model: attribution
    explore: credits
    type: looker_grid
    fields: [credits.landing_page, credits.model, credits.total_credit]
    sorts: [credits.total_credit desc]
    limit: 50
    listen:
      Period: credits.converted_date
      Model: credits.model
      Conversion: credits.conversion
    row: 28
    col: 0
    width: 12
    height: 8
  - name: retention
    title: Back in week 1, 4, 12 and 26, by first channel
    model: attribution
    explore: retention
    type: looker_grid
    fields: [retention.value, retention.week, retention.retention_share]
    pivots: [retention.week]
    sorts: [retention.value, retention.week]
    filters:
      retention.dimension: channel
    row: 28
    col: 12
    width: 12
    height: 8
