"""The committed test vectors are what the real Yjs, y-protocols and lib0 write today."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.system
@pytest.mark.usefixtures("node_modules")
@pytest.mark.parametrize("name", ["wire.json", "updates.json", "roots.json"])
def test_the_vectors_are_those_of_yjs(name: str, tmp_path: Path) -> None:
    subprocess.run(["node", "vectors.mjs", str(tmp_path)], cwd=HERE, check=True)
    assert (tmp_path / name).read_text("utf-8") == (HERE.parent / "vectors" / name).read_text(
        "utf-8"
    )
