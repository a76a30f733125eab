"""Documents as files, out and in. Pure but for the programs it runs; docs/formats.md, ADR 0030."""
