"""Whether the database is that of this version: asked before anything is served.

Only names are compared. To load the migrations themselves would cost the server their memory for as
long as it runs.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from django.apps import apps
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


def database_fault() -> str | None:
    """Return, in a sentence, why this database cannot be served by this version; None: it can."""
    try:
        applied = set(MigrationRecorder(connection).applied_migrations())
    except Error as error:
        said = " ".join(str(error).split())
        return f"The database does not answer ({said}): look at it, and at DATABASE_URL."
    missing, newer = [], []
    for app in sorted(each.label for each in apps.get_app_configs()):
        known = _migrations(app)
        missing += [(app, name) for name in sorted(known) if (app, name) not in applied]
        last = max(map(_number, known), default=-1)
        newer += [
            (app, name)
            for label, name in sorted(applied)
            if label == app and name not in known and known and _number(name) >= last
        ]
    if newer:
        return (
            f"The database was made by a newer version ({'.'.join(newer[-1])} is not known "
            "here): serve it with that version, or restore a copy from before."
        )
    if missing:
        return (
            f"The database is not up to date ({'.'.join(missing[0])} is missing): "
            "run manage.py migrate first, or make install."
        )
    return None


def _migrations(app: str) -> set[str]:
    """Return the names of an app's migrations, by their files."""
    module_name, _is_set = MigrationLoader.migrations_module(app)
    if module_name is None:
        return set()
    try:
        module = import_module(module_name)
    except ModuleNotFoundError:
        return set()
    found = pkgutil.iter_modules(getattr(module, "__path__", ()))
    return {each.name for each in found if not each.ispkg and each.name[0] not in "_~"}


def _number(name: str) -> int:
    number = name.partition("_")[0]
    return int(number) if number.isdecimal() else -1
