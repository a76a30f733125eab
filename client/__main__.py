"""Runs the command line from a checkout, with nothing installed: ``python client …``."""

from __future__ import annotations

import sys

from scriptorium.cli import main

sys.exit(main())
