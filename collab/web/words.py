"""What the scripts of the home page say, in the reader's language; handed over as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collab.accounts.models import User


def home_words(user: User) -> dict[str, object]:
    """Return the words by the names that static/js knows them by, and what it knows of the page."""
    return {
        "page": {
            "apiUrl": reverse("api-documents").removesuffix("/documents"),
            "homeUrl": reverse("home"),
            "locale": get_language() or settings.LANGUAGE_CODE,
            "user": {"id": str(user.pk)},
        },
        "asMarkdown": _("Export as Markdown"),
        "asPdf": _("Export as PDF"),
        "asWord": _("Export as Word"),
        "cancel": _("Cancel"),
        "copied": _("A copy is among your documents."),
        "create": _("Create"),
        "duplicate": _("Duplicate"),
        "exportFolder": _("Export everything in it"),
        "failed": _("This did not work: {why}"),
        "folder": _("Folder"),
        "hits": _("{count} found"),
        "move": _("Move"),
        "moved": _("Moved."),
        "moveTo": _("Move to a folder"),
        "name": _("Name"),
        "newDocument": _("New document"),
        "newFolder": _("New folder"),
        "newFolderHere": _("New folder in here"),
        "noFolder": _("In no folder"),
        "open": _("Open"),
        "palettePlaceholder": _("Find a document or go somewhere"),
        "purge": _("Erase"),
        "purgeQuestion": _("Erase {count} from the trash for good? It cannot be undone."),
        "remove": _("Remove"),
        "removeFolder": _("Remove the folder"),
        "removeFolderQuestion": _("Remove the folder “{name}”? What lies in it moves up."),
        "rename": _("Rename"),
        "renameDocument": _("Rename the document"),
        "renameFolder": _("Rename the folder"),
        "restore": _("Restore"),
        "restored": _("Back among your documents."),
        "save": _("Save"),
        "saveAsTemplate": _("Save as template"),
        "search": _("Search"),
        "searchAll": _("Search everything for “{typed}”"),
        "selected": _("{count} selected"),
        "share": _("Share"),
        "shareFolder": _("Share the folder"),
        "tags": _("Tags"),
        "tagsHelp": _("Words, separated by commas"),
        "templateMade": _("It stands among the templates now."),
        "title": _("Title"),
        "toTrash": _("Move to the trash"),
        "trashed": _("In the trash: {count}"),
        "undo": _("Undo"),
        "untitled": _("Untitled"),
        "useTemplate": _("New document from this"),
        "importTitle": _("Import"),
        "importing": _("Reading…"),
        "importWaiting": _("Waiting"),
        "importDoneOne": _("1 document made"),
        "importDone": _("{count} documents made"),
        "importFailed": _("{count} could not be read"),
        "importOffline": _("The server cannot be reached."),
        "importClose": _("Close"),
    }
