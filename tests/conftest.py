"""How the suite is shared between workers: a file stays together, and so do the files that run whole systems."""

from pathlib import PurePosixPath

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

WHOLE_SYSTEMS = "tests/end_to_end"
APART = {
    "test_live_faults.py": "", "test_live_kills.py": "", "test_shards.py": "",
    "test_a_run.py": "runs", "test_live.py": "runs", "test_backup_of_a_run.py": "runs",
}  # fmt: skip
"""The first three start a few services by hand; the others are half of the work with whole systems, and go together."""
FIRST = (WHOLE_SYSTEMS, "tests/simulation")
"""What takes longest begins first, so that it does not end last."""


class Together(LoadScopeScheduling):
    """Hands out groups of tests, each to one worker: what is set up for a file is set up once."""

    def _split_scope(self, nodeid: str) -> str:
        path = PurePosixPath(nodeid.partition("::")[0])
        if str(path.parent) != WHOLE_SYSTEMS:
            return str(path)
        return APART.get(path.name, "systems") or str(path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together:
    """Answer the scheduler, whatever `--dist` says."""
    return Together(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put first what takes longest; the order within a file stays."""
    items.sort(key=lambda item: not item.nodeid.startswith(FIRST))
