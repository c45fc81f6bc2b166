"""How the suite is shared between workers: a file stays together, and of whole systems one runs at a time."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
WHOLE_SYSTEMS = "end_to_end"
PUT_TOGETHER = ("test_live_faults.py", "test_live_kills.py", "test_shards.py")
"""They start a few services by hand, and leave the other worker time enough."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name the group that each test belongs to; without workers it means nothing."""
    for item in items:
        path = item.path.relative_to(TESTS)
        is_whole = path.parts[0] == WHOLE_SYSTEMS and path.name not in PUT_TOGETHER
        item.add_marker(pytest.mark.xdist_group(WHOLE_SYSTEMS if is_whole else str(path)))
