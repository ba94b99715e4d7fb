"""YAML files to a frozen `Pack`: source spans, own scalar rules, diagnostics, lint, digest."""
