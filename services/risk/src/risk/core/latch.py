"""Whether trading is stopped, and by whom. What was said lives in the record, so that a restart forgets no halt."""

from dataclasses import dataclass

from common.clock import Instant
from common.contracts.base import Event
from common.contracts.control import HaltRequested, ResumeRequested
from common.contracts.executor import ReconciliationDone
from common.contracts.risk import TradingHalted, TradingResumed, TradingState

OPERATOR = "operator"
DRAWDOWN = "drawdown"
RECONCILIATION = "reconciliation"
ERROR_RATE = "error_rate"
UNKNOWN_ORDERS = "unknown_orders"


@dataclass(frozen=True, slots=True)
class Halt:
    """One reason to stand still. It is `announced` once the journal has it."""

    reason: str
    at: Instant
    announced: bool


class Latch:
    """Folds halts and resumes. A halt is never forgotten, a resume lifts only what was halted before it was said."""

    def __init__(self, *, reduce_only: bool) -> None:
        self._reduce_only = reduce_only
        self._halts: dict[str, Halt] = {}
        self._differs = ""
        """What reconciliation last found that stops buying, or empty."""
        self.due: ResumeRequested | None = None
        """A resume that nobody has announced yet, because it was said while this service was down."""

    def observe(self, event: Event) -> None:
        match event:
            case HaltRequested():
                self._hear_halt(event)
            case ReconciliationDone():
                self._hear_reconciliation(event)
            case ResumeRequested() if self.is_lifted_by(event):
                self.due = event
            case TradingHalted():
                self._halts[event.rule] = Halt(event.reason, event.at, announced=True)
                self.due = None
            case TradingResumed():
                self._halts.clear()
                self.due = None
            case _:
                pass

    @property
    def state(self) -> TradingState:
        if self._halts:
            return "HALTED"
        return "REDUCING" if self._reduce_only or self._differs else "ACTIVE"

    @property
    def reason(self) -> str:
        """Say why trading is stopped, or empty."""
        reasons = [f"{rule}: {halt.reason}" for rule, halt in sorted(self._halts.items())]
        if self._differs and RECONCILIATION not in self._halts:
            reasons.append(f"{RECONCILIATION}: {self._differs}")
        return "; ".join(reasons)

    def is_halted_by(self, rule: str) -> bool:
        return rule in self._halts

    def is_new(self, request: HaltRequested) -> bool:
        """Whether a halt says more than the operator's that stands: after a restart the last word is said again."""
        halt = self._halts.get(OPERATOR)
        return halt is None or not halt.announced or request.at > halt.at

    def is_lifted_by(self, request: ResumeRequested) -> bool:
        """Whether a resume is about what is halted: an old one, said again after a restart, lifts no newer halt."""
        return bool(self._halts) and all(halt.at <= request.at for halt in self._halts.values())

    def halts_anew(self, event: ReconciliationDone) -> bool:
        """Whether a reconciliation stops trading that is not stopped by one already."""
        halt = self._halts.get(RECONCILIATION)
        return event.severity == "halt" and (halt is None or not halt.announced)

    def unannounced(self) -> tuple[str, Halt] | None:
        """Answer a halt, by its rule, that was heard of and that nobody has put on record yet."""
        return next(((rule, halt) for rule, halt in sorted(self._halts.items()) if not halt.announced), None)

    def _hear_reconciliation(self, event: ReconciliationDone) -> None:
        """Take what reconciliation found. Only what was looked at in full lifts what was found before."""
        if self.halts_anew(event):
            self._halts[RECONCILIATION] = Halt(event.detail, event.at, announced=False)
            self.due = None
        if event.severity in ("reduce", "halt"):
            self._differs = event.detail
        elif event.verdict != "incomplete":
            self._differs = ""

    def _hear_halt(self, event: HaltRequested) -> None:
        if self.is_new(event):
            self._halts[OPERATOR] = Halt(event.reason, event.at, announced=False)
            self.due = None
