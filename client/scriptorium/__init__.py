"""A Scriptorium server, from Python: thin over its REST interface, standard library only."""

from __future__ import annotations

from scriptorium.client import Client, Content, Problem

__all__ = ["Client", "Content", "Problem"]
