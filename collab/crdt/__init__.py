"""The only importer of pycrdt."""
