"""Folders and tags at the side of the home page, in Python: there may be hundreds of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import UUID

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from collab.documents.models import Role
from collab.web.templatetags.icons import icon

if TYPE_CHECKING:
    from django.template import Context
    from django.utils.safestring import SafeString

    from collab.documents.lists import FolderNode

register = template.Library()

_IS_HERE = mark_safe(' aria-current="page"')
_CAN_BE_DRAGGED = mark_safe(' draggable="true"')
_NO_TWIST = mark_safe('<span class="twist"></span>')
_CLOSED = mark_safe(" hidden")


@register.simple_tag(takes_context=True)
def folder_nodes(context: Context, nodes: Iterable[FolderNode]) -> SafeString:
    """Return the list items of ``nodes`` and of all below them; those on the way to here open.

    Of the context: ``home_url``, ``open_folders``, ``current_folder``, ``user``.
    """
    drawing = _Drawing(
        home_url=context["home_url"],
        open_folders=context["open_folders"],
        current=context["current_folder"],
        user_id=context["user"].pk,
    )
    return drawing.items(nodes)


@register.simple_tag(takes_context=True)
def tag_items(context: Context, tags: Iterable[dict[str, Any]]) -> SafeString:
    """Return a list item for each of the tags, with how many documents have it.

    Of the context: ``home_url``, ``current``.
    """
    address, current = f"{context['home_url']}?tag=", context["current"]
    return format_html_join(
        "",
        '<li><a class="tag" href="{}" data-tag="{}"{}>{}<span class="tag-count">{}</span></a></li>',
        (
            (
                address + quote(tag["name"], safe=""),
                tag["name"],
                _IS_HERE if current == f"tag {tag['name']}" else "",
                tag["name"],
                tag["count"],
            )
            for tag in tags
        ),
    )


class _Drawing:
    def __init__(
        self,
        *,
        home_url: str,
        open_folders: Collection[UUID],
        current: UUID | None,
        user_id: int,
    ) -> None:
        self._address = f"{home_url}?folder="
        self._open = open_folders
        self._current = current
        self._user_id = user_id
        self._unfold = _("Folders in %(name)s")
        self._icons = {True: icon("folder"), False: icon("shared-folder")}

    def items(self, nodes: Iterable[FolderNode]) -> SafeString:
        """Return an item for each node, with the list of those below it."""
        return format_html_join("", "{}", ((self._item(node),) for node in nodes))

    def _item(self, node: FolderNode) -> SafeString:
        key, name = node.folder.pk, node.folder.name
        return format_html(
            '<li class="folder" data-folder-node="{0}"><div class="folder-row">{1}<a class="place"'
            ' href="{2}{0}"{3} data-drop="folder" data-folder="{0}" data-name="{4}"'
            ' data-role="{5}"{6}>{7}<span>{4}</span></a></div>{8}</li>',
            key,
            self._twist(node),
            self._address,
            _IS_HERE if key == self._current else "",
            name,
            node.role.value,
            _CAN_BE_DRAGGED if node.role is Role.OWNER else "",
            self._icons[node.folder.owner_id == self._user_id],
            self._below(node),
        )

    def _twist(self, node: FolderNode) -> SafeString:
        if not node.children:
            return _NO_TWIST
        return format_html(
            '<button class="twist" type="button" aria-expanded="{}" aria-label="{}">{}</button>',
            "true" if node.folder.pk in self._open else "false",
            self._unfold % {"name": node.folder.name},
            icon("chevron"),
        )

    def _below(self, node: FolderNode) -> SafeString | str:
        if not node.children:
            return ""
        is_open = node.folder.pk in self._open
        below = self.items(node.children)
        return format_html('<ul class="place-list"{}>{}</ul>', "" if is_open else _CLOSED, below)
