"""The wire of the document socket. Pure: see docs/protocol.md."""
