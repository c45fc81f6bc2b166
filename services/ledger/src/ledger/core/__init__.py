"""What an event means for the tables, decided without a database."""

from ledger.core.projection import project
from ledger.core.rows import Row
from ledger.core.tally import LedgerTally

__all__ = ["LedgerTally", "Row", "project"]
