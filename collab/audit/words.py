"""What the audit log says in words: a sentence for each ``subject.verb``.

``tests/audit/test_words.py`` looks for every action that the code names, and for its Chinese.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ACTIONS: dict[str, StrOrPromise] = {
    "account.sign_up": _("made an account"),
    "address.add": _("added an e-mail address"),
    "address.change": _("changed an e-mail address"),
    "address.confirm": _("proved an e-mail address"),
    "address.primary": _("chose another main e-mail address"),
    "address.remove": _("removed an e-mail address"),
    "document.add": _("made a document in the administration"),
    "document.change": _("changed a document in the administration"),
    "document.compact": _("compacted a document"),
    "document.export": _("exported documents"),
    "document.freeze": _("froze a document"),
    "document.purge": _("erased a document"),
    "document.remove": _("removed a document in the administration"),
    "document.restore": _("took a document out of the trash"),
    "document.transfer": _("gave a document another owner"),
    "document.trash": _("put a document in the trash"),
    "document.unfreeze": _("let a document be written again"),
    "draft.discard": _("discarded a draft"),
    "draft.fork": _("began a draft"),
    "draft.merge": _("merged a draft"),
    "folder.group_remove": _("took a folder from a group"),
    "folder.group_set": _("gave a group a role in a folder"),
    "folder.member_remove": _("took a folder from a person"),
    "folder.member_set": _("gave a person a role in a folder"),
    "group.remove": _("took a document from a group"),
    "group.set": _("gave a group a role in a document"),
    "history.erase": _("erased history"),
    "invitation.create": _("invited by e-mail"),
    "invitation.withdraw": _("withdrew an invitation"),
    "joined.add": _("connected an account of a provider"),
    "joined.remove": _("disconnected an account of a provider"),
    "link.set": _("changed the link of a document"),
    "member.remove": _("took a document from a person"),
    "member.set": _("gave a person a role in a document"),
    "password.change": _("changed a password"),
    "password.remove": _("took away a password"),
    "password.reset": _("reset a password by a letter"),
    "password.set": _("set a password"),
    "people.add": _("made a group of people"),
    "people.change": _("changed a group of people"),
    "people.remove": _("removed a group of people"),
    "person.add": _("made an account for somebody"),
    "person.anonymise": _("anonymised a person"),
    "person.change": _("changed a person's account"),
    "person.impersonate": _("began to see the pages as somebody else"),
    "person.impersonate_end": _("stopped seeing the pages as somebody else"),
    "person.power": _("changed somebody's rights"),
    "person.remove": _("removed an account"),
    "person.suspend": _("suspended a person"),
    "person.unsuspend": _("ended a suspension"),
    "quarantine.remove": _("removed a quarantined update"),
    "request.decline": _("declined a request for access"),
    "room.close": _("closed a live room"),
    "room.remove_peer": _("removed somebody from a live room"),
    "second_step.add": _("set up a second step or passkey"),
    "second_step.fail": _("failed at a second step"),
    "second_step.remove": _("removed a second step or passkey"),
    "second_step.renew": _("made new recovery codes"),
    "session.end": _("ended a session"),
    "session.end_others": _("ended the other sessions"),
    "sign_in.fail": _("failed to sign in"),
    "sign_in.success": _("signed in"),
    "sign_out": _("signed out"),
    "text.read": _("read what people wrote"),
    "token.create": _("made an API token"),
    "token.withdraw": _("withdrew an API token"),
    "trash.purge": _("emptied the trash by time"),
    "webhook.change": _("changed a webhook"),
    "webhook.create": _("made a webhook"),
    "webhook.disable": _("switched a webhook off"),
    "webhook.remove": _("removed a webhook"),
}


def in_words(action: str) -> StrOrPromise:
    """Return what ``action`` is called; itself where it has no words."""
    return ACTIONS.get(action, action)
