"""A service's heartbeat: that it is alive, in which state, and its few figures."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

from common.bus.api import Bus
from common.clock import Clock
from common.contracts.control import HeartbeatSent
from common.errors import BusError
from common.runtime.assembly import Assembly
from common.telemetry.metrics import FIGURE, LEASE, READY, STATE


@dataclass(frozen=True, slots=True)
class Condition:
    """How a service is at the moment."""

    state: str
    wrong: str
    """Why it cannot do its job, or empty."""
    is_spoken_for: bool
    """Whether it is the one to speak for its service: a replica that stands by keeps silent."""


class Heart:
    """Beats at the interval of the settings, and keeps the gauges of the service up to date."""

    def __init__(self, assembly: Assembly, clock: Clock) -> None:
        self._assembly, self._clock, self._name = assembly, clock, assembly.name
        self._started_at, self._sequence = clock.now(), 0

    async def run(self, bus: Bus, condition: Callable[[], Condition]) -> None:
        """Beat until cancelled."""
        while True:
            await self._beat(bus, condition())
            await asyncio.sleep(self._assembly.settings.heartbeat_ms / 1000)

    async def _beat(self, bus: Bus, condition: Condition) -> None:
        now = self._clock.now()
        self._assembly.measure(now)
        figures = self._assembly.figures(now)
        self._show(condition, figures)
        if not condition.is_spoken_for:
            return
        self._sequence += 1
        beat = HeartbeatSent(
            service=self._name, state=condition.state, ready=not condition.wrong, detail=condition.wrong,  # type: ignore[arg-type]
            started_at=self._started_at, sequence=self._sequence, figures=figures, at=now,
            shard=self._assembly.settings.shard,
        )  # fmt: skip
        with contextlib.suppress(BusError):
            await bus.publish(beat)

    def _show(self, condition: Condition, figures: dict[str, str]) -> None:
        for name, value in figures.items():
            with contextlib.suppress(ValueError):
                FIGURE.labels(service=self._name, name=name).set(float(value))
        READY.labels(service=self._name).set(0 if condition.wrong else 1)
        for state in get_args(HeartbeatSent.model_fields["state"].annotation):
            STATE.labels(service=self._name, state=state).set(state == condition.state)
        if self._assembly.is_single:
            LEASE.labels(service=self._name).set(condition.is_spoken_for)
