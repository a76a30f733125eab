#!/usr/bin/env python
"""Run Django's commands under the development settings unless the environment says otherwise."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collab.settings.dev")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import DatabaseError

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # The sentence says what to do; a traceback through the settings would hide it.
        sys.exit(f"error: {error}")
    except DatabaseError:
        from collab.realtime.migrated import database_fault

        fault = database_fault()
        if fault is None:
            raise
        sys.exit(f"error: {fault}")
