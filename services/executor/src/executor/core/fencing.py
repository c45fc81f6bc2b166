"""Who may act: under which of risk's leases an approval is good, whether ours is held, whether risk is there at all."""

from common import ids
from common.clock import MILLISECOND, Instant, since
from common.contracts.base import Event
from common.contracts.control import HeartbeatSent
from common.contracts.executor import ExecutorLeaseAcquired
from common.contracts.risk import OrderApproved, RiskLeaseAcquired
from common.contracts.runtime import LeaseAcquired, LeaseLost, StopRequested, Tick, WentLive

RISK = "risk"


class Fence:
    """Folds leases, heartbeats and the word to stop.

    Risk's silence is measured by this service's own ticks, so that no two clocks are compared. Only heartbeats count:
    an approval is no older than its `valid_until` whenever it is asked about, and would always speak for itself.
    """

    def __init__(self, risk_silence_ms_max: int) -> None:
        self._silence_max = risk_silence_ms_max * MILLISECOND
        self.risk_token = 0
        """The highest that risk has said."""
        self.lease = ""
        """Why this replica may not act, or empty."""
        self.stop = ""
        """Why nothing new begins, or empty."""
        self._live_at: Instant | None = None
        self._heard_at: Instant | None = None
        self._ticked_at: Instant | None = None
        self._is_news = False

    def observe(self, event: Event) -> None:
        """Take one word; anything else is ignored."""
        match event:
            case OrderApproved():
                self.risk_token = max(self.risk_token, event.fencing_token)
            case RiskLeaseAcquired():
                self.risk_token = max(self.risk_token, event.token)
            case LeaseAcquired():
                self.lease = ""
            case LeaseLost():
                self.lease = "lease lost"
            case StopRequested():
                self.stop = "stopping"
            case HeartbeatSent() if event.service == RISK:
                self._is_news = True
            case WentLive():
                self._live_at = self._ticked_at = event.at
            case Tick():
                self._note_time(event.at)
            case _:
                pass

    @property
    def reasons(self) -> tuple[str, ...]:
        """Say what keeps orders from leaving and has those that are open cancelled."""
        return tuple(reason for reason in (self.lease, self.stop, self._silence()) if reason)

    def why_risk_is_not_alive(self, now: Instant) -> str | None:
        """Say how long risk has been silent, None while it is not; live, it must have been heard once.

        Before the service is live nothing leaves, and what is asked of the desk then is asked of the past.
        """
        if self._live_at is None or self._is_news:
            return None
        if self._heard_at is None:
            return "none was heard yet"
        silent, limit = since(now, self._heard_at), self._silence_max
        return f"silent_ms={silent // MILLISECOND} max={limit // MILLISECOND}" if silent > limit else None

    def why_approval_is_void(self, approval: OrderApproved) -> str | None:
        """Refuse an approval of a risk that has been replaced since."""
        token = approval.fencing_token
        return f"token={token} current={self.risk_token}" if token < self.risk_token else None

    def acquired(self, event: LeaseAcquired, now: Instant) -> ExecutorLeaseAcquired:
        """Say that this replica is the active one."""
        event_id = ids.derive("executor_lease", event.token)
        return ExecutorLeaseAcquired(event_id=event_id, holder=event.holder, token=event.token, at=now)

    def _note_time(self, at: Instant) -> None:
        self._ticked_at = at
        if self._is_news:
            self._heard_at, self._is_news = at, False

    def _silence(self) -> str:
        """From going live on, risk may be silent so long: a restart must not cancel for want of a first heartbeat."""
        if self._live_at is None or self._ticked_at is None or self._is_news:
            return ""
        silent = since(self._ticked_at, self._live_at if self._heard_at is None else self._heard_at)
        return "risk is silent" if silent > self._silence_max else ""
