"""Whether this process lives, whether it can do its work, and what it counts."""

from __future__ import annotations

from hmac import compare_digest
from ipaddress import ip_address
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST

from collab.accounts.client_address import client_address
from collab.metrics import exposition
from collab.realtime.background import all_ended
from collab.realtime.census import longest_silence_s
from collab.realtime.committer import longest_lag_s

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Network, IPv6Network


#: An update that waits longer than this for its commit is an outage, in seconds. So is a database
#: that takes no report of this process for as long, although nobody types.
MAX_LAG_S = 10.0


def alive(_request: HttpRequest) -> JsonResponse:
    """Answer 200: the process serves."""
    return JsonResponse({"status": "alive"})


def ready(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database answers and takes updates, and all work goes on; else 503."""
    stopped = sorted(name for name, ended in all_ended().items() if ended.is_stopped)
    if stopped:
        return JsonResponse({"status": "work has stopped", "stopped": stopped}, status=503)
    if (lag_s := longest_lag_s()) > MAX_LAG_S:
        said = {"status": "updates wait for the database", "seconds": round(lag_s)}
        return JsonResponse(said, status=503)
    if (silence_s := longest_silence_s()) > MAX_LAG_S:
        said = {"status": "the database takes nothing", "seconds": round(silence_s)}
        return JsonResponse(said, status=503)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except DatabaseError:
        return JsonResponse({"status": "database does not answer"}, status=503)
    return JsonResponse({"status": "ready"})


def metrics(request: HttpRequest) -> HttpResponse:
    """Show the counters to who has the token, or comes from an allowed network.

    Raises:
        Http404: neither is set: nobody is shown them.
    """
    token, networks = settings.ENV.metrics_token, settings.ENV.metrics_networks
    if not token and not networks:
        raise Http404
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    has_token = bool(token) and compare_digest(given.encode(), token.encode())
    if not has_token and not _is_in(client_address(request), networks):
        return HttpResponseForbidden("The metrics are not for you.", content_type="text/plain")
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


def _is_in(written: str, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    try:
        address = ip_address(written)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in networks)
