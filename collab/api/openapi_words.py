"""What the description says of parameters, fields and answers that say nothing themselves.

A name that means the same everywhere is explained once, here; where it means something else, under
``Schema.name``. Examples are of one small world, in which Ann writes a plan with Bob.
"""

from __future__ import annotations

from typing import Any

#: Parameters of paths, queries and headers, by name.
PARAMETERS = {
    "attachment_id": "Id of the attachment.",
    "buckets": "Into how many parts the log is divided at most.",
    "delivery_id": "Id of the delivery.",
    "document": "Id of a document.",
    "document_id": "Id of the document: what stands in its address after `/d/`.",
    "edited_from": "Only what was edited at this time or later.",
    "edited_until": "Only what was edited before this time.",
    "folder": "Id of a folder.",
    "folder_id": "Id of the folder.",
    "format": "In which form to answer.",
    "group_id": "Id of the group.",
    "invitation_id": "Id of the invitation.",
    "limit": "How many to answer with at most.",
    "number": "Number of the revision in its document; the first one is 1.",
    "offset": "How many of the first to leave out.",
    "ordering": "By what to sort; a minus sign turns the order round.",
    "owner": "Id of a person: only what is theirs.",
    "page": "Which page; the first one is 1.",
    "page_size": "How many on a page.",
    "request_id": "Id of the request.",
    "seq": "Number of a record of the update log.",
    "session_id": "Id of the session.",
    "state": "Only those in this state.",
    "tag": "Only what has this tag.",
    "templates": "Only templates.",
    "token_id": "Id of the token: the beginning of its digest.",
    "user_id": "Id of the person.",
    "webhook_id": "Id of the webhook.",
}

#: Fields of bodies and answers, by name or by ``Schema.name``.
FIELDS = {
    "AuditEntrySchema.document_id": "The document that it was done to; it may be gone.",
    "AuditEntrySchema.details": "What else is known, by name.",
    "AuditEntrySchema.action": "What was done, as a code.",
    "AuditPageSchema.results": "The entries of this page.",
    "AccessListSchema.people": "Each once, with all the ways by which they have access.",
    "AttributionSchema.seq": "Number of the last record that is counted in.",
    "AttributionSchema.deletions": "What was deleted, where that was asked for.",
    "AttributionSchema.runs": "The text in order, in runs of one author each.",
    "AuthorSchema.name": "The name that others see.",
    "BucketSchema.seq_from": "Number of its first record.",
    "BucketSchema.seq_to": "Number of its last record.",
    "DeletionSchema.at": "When it was written.",
    "DeletionSchema.from": "Where it stood: a place in the text.",
    "DeletionSchema.seq": "Number of the record that wrote it.",
    "DeletionSchema.text": "The deleted words.",
    "DeliverySchema.document": "The document that it tells of; null: of none.",
    "DeliverySchema.state": "Whether it waits, was delivered, or failed for good.",
    "DiffBlockSchema.at": "When the block came or went.",
    "DiffBlockSchema.kind": "What became of the block.",
    "DiffMomentSchema.at": "When the record was written.",
    "DiffMomentSchema.seq": "Number of the last record that is counted in.",
    "DiffRunSchema.at": "When it was changed.",
    "DiffSchema.blocks": "The blocks in order, with what became of each.",
    "DiffSchema.from": "The earlier moment.",
    "DiffSchema.to": "The later moment.",
    "DocumentBodyRequest.content": "What stands in it at first.",
    "DocumentBodyRequest.content_format": "In which form the content is given.",
    "DocumentPageSchema.next": "Address of the next page; null: this is the last.",
    "DocumentPageSchema.previous": "Address of the page before; null: this is the first.",
    "DocumentPageSchema.results": "The documents of this page.",
    "DraftRowSchema.base_seq": "Number of the original's record with which the draft begins.",
    "DraftRowSchema.merged_seq": "Number of the record that merged it; null: it is open.",
    "DuplicateBodyRequest.folder": "The folder to put it in; left out: none.",
    "EditConflictSchema.what": "What could not be done as it was sent.",
    "ErasureSchema.by": "Who had it erased.",
    "ErasureSchema.first": "Number of the first record that is erased.",
    "ErasureSchema.last": "Number of the last record that is erased.",
    "ErasureSchema.reason": "Why, in the words of who had it erased.",
    "ErasureSchema.state": "How far it is.",
    "FolderBodyRequest.parent": "The folder to make it in; left out: none.",
    "FolderSchema.owner": "Whose folder it is.",
    "FoundPersonSchema.color": "The colour of their caret.",
    "HavingSchema.sources": "The ways by which they have access.",
    "HitPageSchema.results": "The hits of this page.",
    "HitSchema.document": "The document that was found.",
    "HitSchema.excerpt": "Words around the first hit.",
    "ImportBodyRequest.folder": "The folder to put it in; left out: none.",
    "LinkBodyRequest.expires_at": "When the link ends; null: never.",
    "LinkSchema.expires_at": "When the link ends; null: never.",
    "LinkBodyRequest.role": "What the link makes of those whom it lets in.",
    "LinkSchema.role": "What the link makes of those whom it lets in.",
    "OutcomeSchema.document": "The document that was made; null: none.",
    "OutcomeSchema.error": "Why none was made; empty: it was made.",
    "OutcomeSchema.name": "Name of the file.",
    "OutcomesSchema.results": "What became of each file.",
    "Problem.detail": "What is wrong, in a sentence.",
    "Problem.status": "The HTTP status.",
    "Problem.title": "The HTTP status in words.",
    "Problem.type": "The kind of error.",
    "RecordPageSchema.records": "The records in order.",
    "Problem.errors": "What is wrong with each field or parameter.",
    "RecordSchema.seq": "Its number: 1, 2, 3 and so on in its document.",
    "RecordSchema.author": "Who wrote it; null: not known, or a program of the server.",
    "RestoredSchema.kind": "How the revision came to be.",
    "RevisionPageSchema.results": "The revisions of this page.",
    "RevisionSchema.kind": "How the revision came to be.",
    "ReviewSchema.authors": "Who wrote what the merge would bring, by id.",
    "ReviewSchema.conflicts": "What both sides changed.",
    "ReviewSchema.draft_seq": "Number of the draft's last record that is counted in.",
    "ReviewSchema.origin_seq": "Number of the original's last record that is counted in.",
    "RootRunSchema.at": "When it was written.",
    "RootRunSchema.to": "Where it ends in the text of the root.",
    "RootRunsSchema.runs": "Its text in runs of one author each.",
    "RootRunsSchema.type": "Which type of Yjs it is.",
    "RootSchema.type": "Which type of Yjs it is.",
    "RunSchema.at": "When it was written.",
    "RunSchema.to": "Where it ends: a place in the text.",
    "TagSchema.count": "On how many documents that you may read.",
    "TimelineSchema.buckets": "The parts in order.",
    "action": "What was done.",
    "as_template": "Whether the copy is a template.",
    "at": "When it was done.",
    "attempted_at": "When it was last tried; null: not yet.",
    "attempts": "How often it was tried.",
    "author": "Who did it; null: not known.",
    "authors": "Who wrote in it.",
    "client_ids": "The Yjs client ids whose content is in it.",
    "content_type": "What kind of file it is, as its bytes say.",
    "created_at": "When it was made.",
    "deleted_at": "When it was deleted.",
    "deleted_by": "Who deleted it.",
    "deleted_seq": "Number of the record that deleted it.",
    "detail": "What is wrong, in a sentence.",
    "duration_ms": "How long the answer took, in milliseconds; null: there was none.",
    "email": "E-mail address.",
    "event": "What it tells of.",
    "events": "What it is told of.",
    "expires_at": "When it ends; null: never.",
    "expires_in_days": "After how many days it ends; null: never.",
    "group": "The group.",
    "has_password": "Whether a password is asked for.",
    "id": "Its id.",
    "invited_by": "Who invited them.",
    "is_active": "Whether anything is sent.",
    "is_starred": "Whether it has your star.",
    "language": "Language of the pages; empty: the browser's.",
    "may_discard": "Whether you may put the draft in the trash.",
    "may_merge": "Whether you may merge it into its original.",
    "may_update": "Whether you may bring it up to date.",
    "message": "What they say to the owner.",
    "name": "Its name.",
    "op": "What became of the run.",
    "reach": "Whom the link lets in.",
    "relayed": "Whether another's connection delivered it: then the author is not certain.",
    "role": "What they may do.",
    "scope": "What it allows.",
    "started_at": "When its first record was written.",
    "tags": "The tags.",
    "text": "The words.",
    "theme": "Light or dark pages; empty: as the system is.",
    "title": "Its title.",
    "trashed_at": "When it was put in the trash; null: it is not in there.",
    "uploader": "Who uploaded it; null: their account is gone.",
    "url": "Its address.",
    "user": "The person.",
    "user_agent": "What the browser says that it is.",
    "username": "The name to sign in with.",
}

#: What an answer without an error means, by its status.
ANSWERS = {
    "200": "Done: this is what was asked for.",
    "201": "Made: this is what there is now.",
    "202": "Taken: it goes on by itself.",
    "204": "Done; there is nothing to say.",
    "206": "The range that was asked for.",
    "304": "As it was: nothing has changed since the `If-None-Match`.",
    "416": "There is no such range.",
}

#: The same of errors.
PROBLEMS = {
    "400": "The request is not in order: `errors` names each field or parameter.",
    "401": "Not signed in, or the token is not good.",
    "403": "You may see it, but not do this.",
    "404": "There is no such thing, or you may not see it.",
    "409": "It does not go with what there is now.",
    "411": "The request does not say how long its body is.",
    "412": "It is not as the `If-Match` says.",
    "413": "The body, or what it makes, is larger than the server takes.",
    "415": "The body is of a media type that is not read here.",
    "422": "The request is in order, but what it says cannot be done.",
    "428": "An `If-Match` is needed.",
    "429": "Too many requests: come back later.",
    "503": "The server cannot do it now: come back later.",
}

_ETAG = {
    "description": "The number of the last record: for `If-Match` and `If-None-Match`.",
    "schema": {"type": "string"},
    "required": True,
}
_LOCATION = {
    "description": "The address of what was made.",
    "schema": {"type": "string"},
    "required": True,
}
_RETRY_AFTER = {
    "description": "After how many seconds to come back, where that is known.",
    "schema": {"type": "string"},
}
#: Headers of errors.
PROBLEM_HEADERS: dict[str, dict[str, Any]] = {
    "401": {
        "WWW-Authenticate": {
            "description": "How to sign the request.",
            "schema": {"type": "string"},
        }
    },
    "429": {"Retry-After": _RETRY_AFTER},
    "503": {"Retry-After": _RETRY_AFTER},
}
_SEQ = {
    "description": "The number of the record that made it so.",
    "schema": {"type": "string"},
    "required": True,
}
_NOW = {"200": {"ETag": _ETAG}, "304": {"ETag": _ETAG}}
_PAST = {status: {"ETag": _ETAG, "Scriptorium-Seq": _SEQ} for status in ("200", "304")}
_EDITED = {"200": {"ETag": _ETAG}}
_MERGED = {
    "200": {
        "ETag": {
            "description": "The number of its record, where the content is exactly what you sent.",
            "schema": {"type": "string"},
        }
    }
}
_RECORDS = {
    "200": {
        "Link": {
            "description": 'Where the records after these are, as `rel="next"`.',
            "schema": {"type": "string"},
        }
    }
}
_MADE = {"201": {"Location": _LOCATION}}
#: Headers of other answers, by operation and status.
ANSWER_HEADERS: dict[str, dict[str, dict[str, Any]]] = {
    "content_read": _NOW,
    "content_at": _PAST,
    "revisions_content": _PAST,
    "content_merge": _MERGED,
    "content_put": _MERGED,
    "updates_add": _EDITED,
    "updates_list": _RECORDS,
    "attachments_add": _MADE,
    "attachments_copy": _MADE,
    "documents_create": _MADE,
    "documents_duplicate": _MADE,
    "drafts_fork": _MADE,
    "folders_create": _MADE,
    "members_add": _MADE,
    "revisions_copy": _MADE,
    "revisions_name_now": _MADE,
    "webhooks_create": _MADE,
}

_NODE = {"type": "doc", "content": [{"type": "paragraph"}]}
_TEXT = "# Plan\n\nBob brings the boat.\n"
#: Bodies that are no JSON with fields.
TEXT_EXAMPLES: dict[str, Any] = {
    "text/markdown": _TEXT,
    "text/html": "<h1>Plan</h1><p>Bob brings the boat.</p>",
    "text/plain": "Plan\n\nBob brings the boat.\n",
    "application/json": _NODE,
}

#: Values of fields, by name or by ``Schema.name``; others are made of their type.
EXAMPLES: dict[str, Any] = {
    "AttributionSchema.authors": {"1": {"name": "Ann", "color": "#b4637a"}},
    "AuditEntrySchema.details": {"role": "editor"},
    "ConflictSchema.merged": {"type": "paragraph"},
    "DiffBlockSchema.node": {"type": "paragraph"},
    "DiffBlockSchema.before": {"type": "paragraph"},
    "DiffBlockSchema.blocks": [],
    "DiffRunSchema.node": {"type": "hardBreak"},
    "DiffRunSchema.marks": [{"type": "bold"}],
    "DiffRunSchema.marks_before": [],
    "AuditEntrySchema.action": "member.changed",
    "DocumentPageSchema.next": None,
    "DocumentPageSchema.previous": None,
    "AuditPageSchema.next": None,
    "HitPageSchema.next": None,
    "HitPageSchema.suggestion": None,
    "RevisionPageSchema.next": None,
    "avatar": "",
    "color": "#b4637a",
    "content": _TEXT,
    "detail": "The title is too long.",
    "email": "bob@example.org",
    "error": "",
    "excerpt": "Bob brings the boat.",
    "expires_at": "2027-01-01T00:00:00Z",
    "MeBodyRequest.color": "#b4637a",
    "MergeBodyRequest.leave_out": ["12-0"],
    "message": "May I read it?",
    "name": "Plan",
    "AuthorSchema.name": "Ann",
    "FoundPersonSchema.name": "Bob",
    "MeSchema.name": "Ann",
    "MeBodyRequest.name": "Ann",
    "PersonSchema.name": "Ann",
    "PersonColorSchema.name": "Ann",
    "reason": "It was pasted by mistake.",
    "text": "Bob brings the boat.",
    "title": "Plan",
    "trashed_at": None,
    "url": "https://example.org/hook",
    "username": "ann",
    "user_agent": "Firefox on Linux",
}
