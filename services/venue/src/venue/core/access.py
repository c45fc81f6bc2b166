"""Whether the venue can be reached from here at all, and whether its catalogue is being read."""

from common.clock import MILLISECOND, SECOND, Instant
from venue.core.inputs import AccessChecked, CatalogueRead
from venue.core.limits import VenueLimits


class Access:
    """The last check of the address and the clocks, and the last full reading of the catalogue."""

    def __init__(self, limits: VenueLimits) -> None:
        self._limits = limits
        self._checked: AccessChecked | None = None
        self._read_at: Instant | None = None

    def observe(self, event: AccessChecked | CatalogueRead) -> None:
        """Fold a check or a reading."""
        if isinstance(event, AccessChecked):
            self._checked = event
        else:
            self._read_at = event.observed_at

    def catalogue_age_ms(self, now: Instant) -> int:
        """Say how long ago the catalogue was read, -1 when it never was."""
        return -1 if self._read_at is None else (now - self._read_at) // MILLISECOND

    def lacking(self, now: Instant) -> list[str]:
        """Name what is wrong."""
        return [*self._access_lacking(now), *self._reading_lacking(now)]

    def _access_lacking(self, now: Instant) -> list[str]:
        checked = self._checked
        if checked is None or now - checked.observed_at > self._limits.access_age_s_max * SECOND:
            return ["access not checked"]
        lacking = [f"the venue blocks this address ({checked.country})"] if checked.blocked else []
        if abs(checked.skew_ms) > self._limits.clock_skew_ms_max:
            lacking.append(f"clock skew {checked.skew_ms} ms, max {self._limits.clock_skew_ms_max}")
        return lacking

    def _reading_lacking(self, now: Instant) -> list[str]:
        if self._read_at is None:
            return ["catalogue not read"]
        if now - self._read_at > self._limits.discovery_age_s_max * SECOND:
            return [f"catalogue read {(now - self._read_at) // SECOND} s ago"]
        return []
