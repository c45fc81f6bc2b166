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
REPLAYS = "tests/simulation/test_replay.py"
ORDER = (WHOLE_SYSTEMS, "tests/integration", "tests/simulation")
"""First whole systems, which mostly wait for time to pass, then single services; what only computes comes beside the
end of them and after, for it takes the processors from those that must keep to the clock."""


class Together(LoadScopeScheduling):
    """Hands out groups of tests, each to one worker: what is set up for a file is set up once."""

    def _split_scope(self, nodeid: str) -> str:
        path = PurePosixPath(nodeid.partition("::")[0])
        if str(path) == REPLAYS:  # of the recorded morning, which is read once, and of seeded worlds
            return f"{path} {'recorded' in nodeid}"
        if str(path.parent) != WHOLE_SYSTEMS:
            return str(path)
        return APART.get(path.name, "systems") or str(path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together:
    """Answer the scheduler, whatever `--dist` says."""
    return Together(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put first what must keep to the clock; the order within a file stays."""
    items.sort(key=lambda item: next((n for n, place in enumerate(ORDER) if item.nodeid.startswith(place)), len(ORDER)))
