"""``manage.py run_cluster``: several processes on PostgreSQL and Redis, set up and served.

What DATABASE_URL and REDIS_URL do not say is looked for on this machine's usual ports.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit

import psycopg
import redis
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from collab.settings.env import inherited

LOCAL_DATABASE = "postgres://postgres@127.0.0.1:5432/scriptorium"
LOCAL_REDIS = "redis://127.0.0.1:6379/0"


class Command(BaseCommand):
    """Serve with several processes behind one port."""

    help = "Serve with several processes behind one port, on PostgreSQL and Redis."
    requires_system_checks = ()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare where to listen, and with how many."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=2)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Find the services, bring the database up to date, become the server.

        Raises:
            CommandError: a service is missing; the message says what to do.
        """
        redis_url = settings.ENV.redis_url or LOCAL_REDIS
        _require_redis(redis_url)
        environment = inherited(
            DATABASE_URL=settings.ENV.database_url or _local_database(), REDIS_URL=redis_url
        )
        manage = [sys.executable, sys.argv[0]]
        first = [["migrate", "-v0"], *([["setup_demo", "-v0"]] * settings.DEMO_ACCOUNTS_ALLOWED)]
        for command in first:
            subprocess.run([*manage, *command], env=environment, check=True)  # noqa: S603  # ours
        serve = ["serve", "--host", options["host"], "--port", str(options["port"])]
        serve += ["--workers", str(options["workers"])]
        os.execve(sys.executable, [*manage, *serve], environment)  # noqa: S606  # no shell is meant


def _local_database() -> str:
    """Return the address of a database on this machine, made where it is missing."""
    name = urlsplit(LOCAL_DATABASE).path[1:]
    try:
        with psycopg.connect(
            LOCAL_DATABASE.removesuffix(name) + "postgres", autocommit=True, connect_timeout=5
        ) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if known.fetchone() is None:
                connection.execute(f'CREATE DATABASE "{name}"')
    except psycopg.OperationalError as error:
        raise CommandError(
            "Several processes need PostgreSQL. DATABASE_URL is not set, and none answers at "
            f"{LOCAL_DATABASE}: {error}"
        ) from error
    return LOCAL_DATABASE


def _require_redis(url: str) -> None:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5) as client:
            client.ping()
    except redis.RedisError as error:
        told = "" if settings.ENV.redis_url else " REDIS_URL is not set, and"
        raise CommandError(
            f"Several processes tell each other by Redis what was written.{told} "
            f"none answers at {url}: {error}"
        ) from error
