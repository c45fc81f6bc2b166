"""What the exchange remembers when the simulator is stopped and started again: engine, markets, API keys.

One file, written anew every second and at the end, so that whoever reads it finds all of one state. A simulator that
was killed has forgotten a second at most. Faults, connections and heartbeats are forgotten.
"""

import asyncio
import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.exchange.floor import Floor
from simulator.exchange.identity.keyring import KeyRing
from simulator.matching.engine import Engine

FORMAT = 1
NAME = "exchange"
WRITE_EVERY_S = 1.0
PRIVATE_MODE = 0o600


@dataclass(frozen=True, slots=True)
class Memory:
    """A folder of the user's own, trusted as a program is (it holds a pickle), and of which world it remembers."""

    folder: Path
    world: Mapping[str, Any]

    def recall(self, floor: Floor, keyring: KeyRing) -> bool:
        """Have an exchange go on from what was remembered, and say whether anything was.

        Raises ValueError for what another world's exchange remembers.
        """
        try:
            written = (self.folder / NAME).read_bytes()
        except FileNotFoundError:
            return False
        try:
            found = pickle.loads(written)  # noqa: S301 - see the class: it is this program's own file
        except Exception as error:  # noqa: BLE001 - what a pickle of other code raises is anything
            raise ValueError(
                f"{self.folder / NAME}: expected what an exchange remembers, found {error!r:.100}"
            ) from None
        expected = (FORMAT, dict(self.world))
        if found[:2] != expected:
            raise ValueError(f"{self.folder / NAME}: expected the memory of {expected}, found that of {found[:2]}")
        engine: Engine = found[2]
        floor.resume(engine, found[3])
        keyring.recall(found[4])
        return True

    def write(self, floor: Floor, keyring: KeyRing) -> None:
        """Write down how the exchange stands."""
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / f".{NAME}"
        content = pickle.dumps((FORMAT, dict(self.world), floor.engine, floor.listing.known, keyring))
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_MODE), "wb") as file:
            file.write(content)
        draft.replace(self.folder / NAME)

    async def keep(self, floor: Floor, keyring: KeyRing) -> None:
        """Write it down again and again, until cancelled."""
        while True:
            self.write(floor, keyring)
            await asyncio.sleep(WRITE_EVERY_S)
