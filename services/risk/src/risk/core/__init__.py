"""The judgement of `risk`: what may be done, how much of it, and when to stop."""

from risk.core.gate import RiskGate
from risk.core.limits import LIMITS
from risk.core.policy import Limits
from risk.core.question import Question
from risk.core.sizing import SIZING
from risk.core.verdicts import denial_codes

__all__ = ["LIMITS", "SIZING", "Limits", "Question", "RiskGate", "denial_codes"]
