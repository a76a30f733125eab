from __future__ import annotations

import pytest

from collab.formats.limits import Limits
from collab.formats.programs import Programs


@pytest.fixture(scope="session")
def programs() -> Programs:
    return Programs(Limits())
