"""Whether trading is stopped, and by whom. What was said lives in the record, so that a restart forgets no halt."""

from dataclasses import dataclass

from common.clock import Instant
from common.contracts.base import Event
from common.contracts.control import HaltRequested, ResumeRequested
from common.contracts.risk import TradingHalted, TradingResumed, TradingState

OPERATOR = "operator"
DRAWDOWN = "drawdown"


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
        self.due: ResumeRequested | None = None
        """A resume that nobody has announced yet, because it was said while this service was down."""

    def observe(self, event: Event) -> None:
        match event:
            case HaltRequested():
                self._hear_halt(event)
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
        return "REDUCING" if self._reduce_only else "ACTIVE"

    @property
    def reason(self) -> str:
        """Say why trading is stopped, or empty."""
        return "; ".join(f"{rule}: {halt.reason}" for rule, halt in sorted(self._halts.items()))

    def is_halted_by(self, rule: str) -> bool:
        return rule in self._halts

    def is_new(self, request: HaltRequested) -> bool:
        """Whether a halt says more than the operator's that stands: after a restart the last word is said again."""
        halt = self._halts.get(OPERATOR)
        return halt is None or not halt.announced or request.at > halt.at

    def is_lifted_by(self, request: ResumeRequested) -> bool:
        """Whether a resume is about what is halted: an old one, said again after a restart, lifts no newer halt."""
        return bool(self._halts) and all(halt.at <= request.at for halt in self._halts.values())

    def unannounced(self) -> Halt | None:
        """Answer the operator's halt if it was said while this service was down."""
        halt = self._halts.get(OPERATOR)
        return halt if halt is not None and not halt.announced else None

    def _hear_halt(self, event: HaltRequested) -> None:
        if self.is_new(event):
            self._halts[OPERATOR] = Halt(event.reason, event.at, announced=False)
            self.due = None
