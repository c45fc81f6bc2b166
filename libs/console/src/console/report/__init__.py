"""What came of a run: figures from the ledger's tables and from the audit, on screen and as JSON."""
