"""Paper trading: a venue in virtual time that fills against the live book, and the gateway to it.

It needs no credential and imports no wallet library.
"""

from executor.adapters.attentive import AttentiveDesk
from executor.adapters.paper.gateway import PaperGateway
from executor.adapters.paper.venue import PaperRules, PaperVenue

__all__ = ["AttentiveDesk", "PaperGateway", "PaperRules", "PaperVenue"]
