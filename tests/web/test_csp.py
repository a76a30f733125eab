from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import RequestFactory

from collab.web.middleware import HEADER, ContentSecurityPolicyMiddleware, policy_for


def test_nothing_but_our_own_runs() -> None:
    """No inline script or style, no foreign host, sockets of the same host only."""
    policy = policy_for(RequestFactory().get("/"))
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    assert "connect-src 'self' ws://testserver wss://testserver;" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("path", "loosened"),
    [("/admin/", True), ("/api/v1/docs", True), ("/administer", False), ("/api/v1/docsx", False)],
)
def test_only_two_places_are_looser(path: str, loosened: bool) -> None:
    """Inline styles are for the admin and the API page."""
    assert ("'unsafe-inline'" in policy_for(RequestFactory().get(path))) is loosened


def test_a_form_leads_elsewhere_only_to_a_provider() -> None:
    """A browser follows no redirect of a form to a place that the policy does not name."""
    path = "/account/oidc/oidc/login/"
    assert "form-action 'self' https: http:;" in policy_for(RequestFactory().get(path))
    for path in ("/sign-in/", "/account/", "/account/oidcx/"):
        assert "form-action 'self';" in policy_for(RequestFactory().get(path))


def test_a_bad_host_is_not_echoed() -> None:
    """A Host header that we do not answer to does not reach the policy."""
    assert "evil" not in policy_for(RequestFactory().get("/", headers={"host": "evil.example"}))


def test_a_stricter_policy_of_a_view_stands() -> None:
    """The middleware fills in; it does not overwrite."""

    def view(request: HttpRequest) -> HttpResponseBase:
        return HttpResponse(headers={HEADER: "sandbox"})

    response = ContentSecurityPolicyMiddleware(view)(RequestFactory().get("/"))
    assert isinstance(response, HttpResponse)
    assert response[HEADER] == "sandbox"


async def test_it_works_in_an_asynchronous_server() -> None:
    """Under ASGI the middleware stays in the event loop."""

    async def view(request: HttpRequest) -> HttpResponseBase:
        return HttpResponse()

    answer = ContentSecurityPolicyMiddleware(view)(RequestFactory().get("/"))
    assert not isinstance(answer, HttpResponseBase)
    assert HEADER in await answer
