"""How the suite is shared between two workers: a file stays together, and what runs whole systems runs one at a time."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
WHOLE_SYSTEMS = "end_to_end"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name the group that each test belongs to; without workers it means nothing."""
    for item in items:
        path = item.path.relative_to(TESTS)
        group = WHOLE_SYSTEMS if path.parts[0] == WHOLE_SYSTEMS else str(path)
        item.add_marker(pytest.mark.xdist_group(group))
