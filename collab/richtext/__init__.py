"""The document as values: tree, schema and the formats it is written in. Pure."""
