"""What trades come to: fills, failures and settlements folded into cash, positions and realised profit and loss.

An `Account` is a fold: each of its methods takes one fact, changes the state at most once however often the fact is
repeated, and answers what it booked, or None when nothing changed. Every market keeps its own fills, so that a fill
which is voided late, even after its market was settled, is undone exactly. A law holds at every moment:
`equity == opening + realised`, where equity is cash and open positions at cost, fees included.
"""

from common.accounting.account import Account
from common.accounting.records import DUST, Booked, Fill, FillStatus, Holding, Outcome, Position, Settlement, Side

__all__ = ["DUST", "Account", "Booked", "Fill", "FillStatus", "Holding", "Outcome", "Position", "Settlement", "Side"]
