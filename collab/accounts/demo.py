"""The demo accounts: made by ``setup_demo``, shown on the sign-in page of a development server."""

from __future__ import annotations

DEMO_USERNAMES = ("demo", "demo2")
#: Known to everybody, so the accounts exist only where the settings allow them.
DEMO_PASSWORD = "demo"  # noqa: S105  # meant to be known
