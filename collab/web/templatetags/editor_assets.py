"""The one tag that reads the editor's build manifest (Vite's), so that no template names a hash."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

EDITOR = "src/main.ts"

register = template.Library()


def _manifest_path() -> Path:
    return Path(settings.BASE_DIR) / "static" / "editor" / "manifest.json"


@lru_cache(maxsize=2)
def _manifest(path: Path, _mtime_ns: int) -> dict[str, Any]:
    # The time of change is part of the key: a new build shows without a restart.
    chunks: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return chunks


def _chunks(manifest: dict[str, Any], name: str, found: dict[str, Any]) -> None:
    """Put the chunk and what it imports at start into ``found``, itself first."""
    if name not in found:
        found[name] = manifest[name]
        for imported in manifest[name].get("imports", ()):
            _chunks(manifest, imported, found)


@register.simple_tag
def editor_assets(entry_name: str = EDITOR) -> SafeString:
    """Return the link and script elements of the editor, or of another entry of the same build.

    Raises:
        ImproperlyConfigured: the editor has not been built.
    """
    path = _manifest_path()
    try:
        manifest = _manifest(path, path.stat().st_mtime_ns)
    except FileNotFoundError as error:
        raise ImproperlyConfigured("The editor is not built: there is no manifest.json.") from error
    if entry_name not in manifest:
        raise ImproperlyConfigured(f"The editor's manifest has no entry {entry_name}.")
    chunks: dict[str, Any] = {}
    _chunks(manifest, entry_name, chunks)
    entry, *imports = chunks.values()
    styles = dict.fromkeys(css for chunk in (*imports, entry) for css in chunk.get("css", ()))
    elements = [
        *(format_html('<link rel="stylesheet" href="{}">', _url(css)) for css in styles),
        *(format_html('<link rel="modulepreload" href="{}">', _url(c["file"])) for c in imports),
        format_html('<script type="module" src="{}"></script>', _url(entry["file"])),
    ]
    return format_html_join("\n", "{}", ((element,) for element in elements))


def _url(file: str) -> str:
    return static(f"editor/{file}")
