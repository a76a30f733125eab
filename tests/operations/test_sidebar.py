from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client, RequestFactory

from collab.accounts.models import User
from collab.operations.sidebar import sidebar
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def make_root() -> User:
    root = make_user("root")
    root.is_staff = root.is_superuser = True
    root.save()
    return root


def test_live_rooms_documents_and_people_come_first_and_internals_are_folded() -> None:
    client = Client()
    client.force_login(make_root())
    page = client.get("/admin/").content.decode()
    shown = page[page.index('id="nav-sidebar-apps"') :]
    links = re.findall(r'href="(/admin/[^"]*)"', shown[: shown.index("</details>")])
    assert links[:4] == [
        "/admin/",
        "/admin/operations/liveroom/",
        "/admin/documents/document/",
        "/admin/accounts/user/",
    ]
    folded = re.findall(r'href="(/admin/[^"]*)"', shown[shown.index("<details") :])
    assert "/admin/history/clientbinding/" in folded
    assert "/admin/history/updaterecord/" in folded
    assert '<details class="ops-group">' in page  # closed
    inside = client.get("/admin/history/updaterecord/").content.decode()
    assert '<details class="ops-group" open>' in inside


def test_every_page_of_the_admin_has_one_place_in_it() -> None:
    request = RequestFactory().get("/admin/")
    request.user = make_root()
    links = [item["link"] for group in sidebar(request) for item in group["items"]]
    assert len(links) == len(set(links))
    pages = {
        model["admin_url"]
        for app in admin.site.get_app_list(request)
        for model in app["models"]
        if model["admin_url"]
    }
    assert pages <= set(links)


def test_who_may_see_little_is_led_to_no_more() -> None:
    staff = make_user("staff")
    staff.is_staff = True
    staff.save()
    staff.user_permissions.add(Permission.objects.get(codename="view_document"))
    client = Client()
    client.force_login(staff)
    page = client.get("/admin/").content.decode()
    assert "/admin/documents/document/" in page
    assert "/admin/accounts/user/" not in page
    refused = client.get("/admin/accounts/user/")
    assert refused.status_code == 403
    assert "A superuser can give it the right" in refused.content.decode()


def test_who_is_no_administrator_is_told_so() -> None:
    client = Client()
    client.force_login(make_user("ann"))
    refused = client.get("/admin/", follow=True)
    assert refused.status_code == 403
    assert "Only administrators come in here" in refused.content.decode()
    assert "This document" not in refused.content.decode()
