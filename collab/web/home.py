"""The home page: lists of documents, the tree of folders, tags, the trash; and the search page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.forms.utils import flatatt
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST, require_safe

from collab.accounts.models import User
from collab.documents import policy, services
from collab.documents.folders import document_move, folder_get
from collab.documents.lists import (
    Cursor,
    Sort,
    View,
    Wanted,
    documents_page,
    folder_tree,
    path_to,
)
from collab.documents.marks import clean_tag, tags_used
from collab.documents.models import Document, Folder, Role
from collab.documents.policy import Action, FolderAction, may_in_folder
from collab.documents.selectors import access_requests_waiting
from collab.history.services import document_seed, seed_of
from collab.search.models import IndexedDocument
from collab.search.selectors import MAX_TOTAL, Filters, search, search_total
from collab.search.suggestions import suggestion
from collab.search.terms import parse_query
from collab.web.words import home_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.utils.safestring import SafeString
    from django_stubs_ext import StrOrPromise

PAGE_SIZE = 40
HITS = 20
MAX_QUERY_CHARS = 200
MAX_OWNERS = 200
#: How the list is drawn, kept in the session.
LAYOUTS = ("list", "cards")
_LAYOUT_KEY = "home.layout"

TITLES: dict[View, StrOrPromise] = {
    View.RECENT: gettext_lazy("Recent"),
    View.MINE: gettext_lazy("My documents"),
    View.SHARED: gettext_lazy("Shared with me"),
    View.STARRED: gettext_lazy("Starred"),
    View.TEMPLATES: gettext_lazy("Templates"),
    View.TRASH: gettext_lazy("Trash"),
}
SORTS: dict[Sort, StrOrPromise] = {
    Sort.EDITED: gettext_lazy("Last edit"),
    Sort.CREATED: gettext_lazy("Newest"),
    Sort.TITLE: gettext_lazy("Title"),
}
_NAMES = {action: action.name.lower() for action in Action}


@dataclass(frozen=True, slots=True)
class Row:
    """A document as a list shows it to one person."""

    document: Any
    #: Whether it says whose it is.
    is_told_of_people: bool
    title: str
    #: What its buttons are called, for those who do not see which row they stand in.
    labels: dict[str, str]
    address: str
    tags: tuple[str, ...]
    #: What the scripts know of the row: a list shows many, and a template is slow at such things.
    attributes: SafeString
    preview: str
    purge_at: datetime | None
    #: How many people wait for an answer of this person's.
    asking: int


def _person(request: HttpRequest) -> User:
    # login_required stands before every view here, so nobody is anonymous.
    return cast("User", request.user)


def _rows(user: User, documents: Sequence[Any], *, with_preview: bool) -> list[Row]:
    roles = policy.roles_of([user], documents)
    previews: dict[UUID, str] = {}
    if with_preview:
        kept = IndexedDocument.objects.filter(document__in=documents)
        previews = dict(kept.values_list("document_id", "preview"))
    own = [document.pk for document in documents if document.owner_id == user.pk]
    asking = access_requests_waiting(own)
    # Translated once, not in every row.
    labels = {
        "select": _("Select %(title)s"),
        "star": _("Star %(title)s"),
        "actions": _("Actions for %(title)s"),
    }
    return [
        _row(
            document,
            roles.get((user.pk, document.pk), policy.NO_ROLES),
            previews.get(document.pk, ""),
            labels,
            asking.get(document.pk, 0),
        )
        for document in documents
    ]


def _row(
    document: Any, roles: policy.Roles, preview: str, labels: dict[str, str], asking: int
) -> Row:
    allowed = policy.actions_for(roles, document)
    days = settings.ENV.trash_keep_days
    purge_at = None
    if document.trashed_at is not None and days:
        purge_at = document.trashed_at + timedelta(days=days)
    title, tags = str(document), tuple(tag.name for tag in document.tags.all())
    attributes = {
        "data-document": document.pk,
        "data-title": title,
        "data-tags": ",".join(tags),
        "data-may": " ".join(name for action, name in _NAMES.items() if action in allowed),
        "data-template": document.is_template,
        "data-starred": document.is_starred,
        "draggable": "true",
    }
    return Row(
        document=document,
        is_told_of_people=roles.is_told_of_people,
        title=title,
        labels={name: label % {"title": title} for name, label in labels.items()},
        address=reverse("document", args=[document.pk]),
        tags=tags,
        attributes=flatatt(attributes),
        preview=preview,
        purge_at=purge_at,
        asking=asking,
    )


def _text(request: HttpRequest, name: str) -> str:
    # NUL is no character of any text, and PostgreSQL refuses to look for it.
    return request.GET.get(name, "").replace("\x00", "").strip()[:MAX_QUERY_CHARS]


def _layout(request: HttpRequest) -> str:
    chosen, kept = request.GET.get("as", ""), request.session.get(_LAYOUT_KEY)
    if chosen in LAYOUTS:
        if chosen != kept:
            request.session[_LAYOUT_KEY] = chosen
        return chosen
    return kept if kept in LAYOUTS else LAYOUTS[0]


def _wanted(request: HttpRequest, view: View | None) -> Wanted:
    """Return what the address asks for; what it says wrong is taken for not said."""
    folder = None
    if folder_id := request.GET.get("folder"):
        folder = _folder_for(_person(request), folder_id, FolderAction.SEE)
    if view is None:
        names = {each.value: each for each in View}
        view = names.get(request.GET.get("view", ""), View.RECENT)
    sorts = {each.value: each for each in Sort}
    return Wanted(
        view=view,
        folder=folder,
        tag=clean_tag(_text(request, "tag")),
        title=_text(request, "q"),
        sort=sorts.get(request.GET.get("sort", ""), Sort.EDITED),
    )


def _folder_for(user: User, folder_id: str, action: FolderAction) -> Folder:
    folder = folder_get(folder_id)
    if folder is None or not may_in_folder(user, action, folder):
        raise Http404
    return folder


def _places(user: User, wanted: Wanted | None) -> dict[str, Any]:
    """Return what the column at the side shows."""
    tree = folder_tree(user)
    folder = wanted.folder if wanted else None
    path = path_to(tree, folder.pk) if folder else []
    return {
        # Resolved once: the column and the rows name it a hundred times and more.
        "home_url": reverse("home"),
        "views": [(view.value, TITLES[view]) for view in View],
        "current": _current(wanted),
        "tree": tree,
        "path": path,
        "open_folders": {node.folder.pk for node in path},
        "current_folder": folder.pk if folder else None,
        "tags": list(tags_used(user)),
        "words": home_words(user),
    }


def _current(wanted: Wanted | None) -> str:
    if wanted is None:
        return "search"
    if wanted.folder is not None:
        return "folder"
    return f"tag {wanted.tag}" if wanted.tag else wanted.view.value


@never_cache
@login_required
@require_safe
@ensure_csrf_cookie
def home(request: HttpRequest, view: View | None = None) -> HttpResponse:
    """Show a list of documents, with all places beside it."""
    user = _person(request)
    wanted = _wanted(request, view)
    layout = _layout(request)
    after = Cursor.decode(request.GET.get("after", ""))
    documents, following = documents_page(user, wanted, after, PAGE_SIZE)
    kept = request.GET.copy()
    for name in ("after", "as", "q"):
        kept.pop(name, None)
    places = _places(user, wanted)
    here = places["path"][-1] if places["path"] else None
    context = {
        **places,
        "wanted": wanted,
        "heading": _heading(wanted),
        "here": here,
        "may_fill": here is None or FolderAction.FILL in policy.folder_actions(here.role),
        "may_manage": here is not None and here.role is Role.OWNER,
        "rows": _rows(user, documents, with_preview=layout == "cards"),
        "layout": layout,
        "sorts": [(sort.value, SORTS[sort]) for sort in Sort],
        "kept": kept,
        "next": _address(request, after=following.encode()) if following else "",
        "trash_keep_days": settings.ENV.trash_keep_days,
    }
    return render(request, "web/home.html", context)


def trash(request: HttpRequest) -> HttpResponse:
    """Show the person's own documents in the trash."""
    return home(request, View.TRASH)


def _heading(wanted: Wanted) -> StrOrPromise:
    if wanted.folder is not None:
        return wanted.folder.name
    return f"#{wanted.tag}" if wanted.tag else TITLES[wanted.view]


def _address(request: HttpRequest, **changed: str) -> str:
    query = request.GET.copy()
    for name, value in changed.items():
        query[name] = value
    return f"?{query.urlencode()}"


@never_cache
@login_required
@require_safe
@ensure_csrf_cookie
def search_page(request: HttpRequest) -> HttpResponse:
    """Show what is found in titles and content."""
    user = _person(request)
    typed, owner = _text(request, "q"), _text(request, "owner")
    tag = clean_tag(_text(request, "tag"))
    start = request.GET.get("offset", "0")
    offset = min(int(start), 1000) if start.isascii() and start.isdecimal() else 0
    filters = Filters(
        owner_id=int(owner) if owner.isascii() and owner.isdecimal() and len(owner) < 19 else None,
        tag=tag or None,
        edited_from=_date(request, "from"),
        edited_until=_date(request, "until"),
    )
    hits, has_more = search(user=user, typed=typed, filters=filters, offset=offset, limit=HITS)
    total = search_total(user=user, typed=typed, filters=filters)
    meant = suggestion(user=user, typed=typed) if typed and not total else None
    known = policy.readable_by(user, one_by_one=True, links=False)
    found = Document.objects.filter(known, pk__in=[hit.document.pk for hit in hits])
    told = set(found.values_list("pk", flat=True))
    places = _places(user, None)
    tags = [(used["name"], used["name"]) for used in places["tags"]]
    context = {
        **places,
        "typed": typed,
        "total": total,
        "is_more": total == MAX_TOTAL,
        "meant": meant,
        "meant_url": _address(request, q=meant, offset="0") if meant else "",
        "marks": " ".join(parse_query(typed).marks),
        "filters": filters,
        "hits": [(hit, hit.document.pk in told) for hit in hits],
        "owner_options": _options(_owners(user), filters.owner_id),
        "tag_options": _options(tags, filters.tag),
        "next": _address(request, offset=str(offset + HITS)) if has_more else "",
    }
    return render(request, "web/search.html", context)


def _date(request: HttpRequest, name: str) -> date | None:
    try:
        return parse_date(request.GET.get(name, ""))
    except ValueError:
        return None


def _owners(user: User) -> list[tuple[int, str]]:
    """Return whose documents the person has a role of their own in: ids and names, by name."""
    # One document of each is enough. COALESCE of one thing keeps SQLite from trying all that the
    # person may read with each owner: it takes the owner's documents until one is readable.
    readable = Q(key__in=policy.ids_readable_by(user, links=False))
    documents = Document.objects.alias(key=Coalesce("pk", "pk")).order_by()
    own = documents.filter(readable, owner=OuterRef("pk"), trashed_at=None)
    names = ("username", "display_name", "first_name", "last_name")
    people = User.objects.filter(Exists(own)).only(*names).order_by("display_name", "username")
    return [
        (person.pk, _("me") if person.pk == user.pk else person.shown_name)
        for person in people[:MAX_OWNERS]
    ]


def _options(choices: Iterable[tuple[object, str]], chosen: object) -> SafeString:
    """Return an ``option`` of each: there are hundreds, and a template is slow at such things."""
    mark = mark_safe(" selected")
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((value, mark if value == chosen else "", label) for value, label in choices),
    )


@login_required
@require_POST
def document_new(request: HttpRequest) -> HttpResponse:
    """Make an empty document, in the folder that is open if there is one, and open it."""
    user = _person(request)
    folder = None
    if folder_id := request.POST.get("folder"):
        folder = _folder_for(user, folder_id, FolderAction.FILL)
    blank = seed_of()
    with transaction.atomic():
        made = services.document_create(owner=user)
        if folder is not None:
            document_move(document=made, folder=folder)
        document_seed(document=made, author=user, content=blank)
    return redirect("document", made.pk)


@login_required
@require_POST
def empty_trash(request: HttpRequest) -> HttpResponse:
    """Erase all documents of the person that lie in the trash and may be erased."""
    user = _person(request)
    gone = 0
    for document in Document.objects.filter(owner=user, trashed_at__isnull=False):
        if policy.may(user, Action.PURGE, document):
            services.document_purge(document=document, actor=user)
            gone += 1
    if gone:
        messages.success(request, _("The trash is empty now."))
    return redirect("trash")
