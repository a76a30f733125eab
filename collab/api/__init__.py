"""The REST interface: HTTP in, services and selectors, problem+json out."""
