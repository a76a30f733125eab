"""The commands of docs/rest.md do what the page says."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.system.conftest import ROOT, Server, World

pytestmark = [pytest.mark.system, pytest.mark.needs("curl")]


def test_the_tour_runs_as_it_stands(tmp_path: Path) -> None:
    server = Server(tmp_path)
    world = World(server)
    server.start()
    try:
        blocks = re.findall(
            r"^```sh\n(.*?)^```$", (ROOT / "docs/rest.md").read_text("utf-8"), re.M | re.S
        )
        assert len(blocks) > 5
        script = "\n".join(f"{block}\nprintf '\\n--\\n'" for block in blocks)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=tmp_path,
            env={
                **os.environ,
                "HOST": f"http://127.0.0.1:{server.port}",
                "TOKEN": world.tokens["ann"],
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    finally:
        world.close()
    said = done.stdout.split("\n--\n")
    assert json.loads(said[0])["username"] == "ann"
    assert "# Minutes" in said[3]
    assert said[3].splitlines()[-1] == "304"
    assert json.loads(said[-2])["status"] == 404
    assert '<h1 id="minutes">Minutes</h1>' in (tmp_path / "minutes.html").read_text("utf-8")
    assert (tmp_path / "log.bin").stat().st_size > 20
