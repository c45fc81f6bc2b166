"""The service `ledger`: what happened, written down for people."""
