project_name: "attribution"

# The connection of Looker to the warehouse, by its name under Admin.
constant: attribution_connection {
  value: "warehouse"
  export: override_required
}

# What the setting schemas.sessions says.
constant: attribution_schema {
  value: "sessions"
  export: override_optional
}

# What the setting schemas.aliases says.
constant: aliases_schema {
  value: "aliases"
  export: override_optional
}
