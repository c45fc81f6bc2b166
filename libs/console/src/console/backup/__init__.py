"""Copies of what must not be lost: the streams on the disk, exact to the byte, and the ledger's tables beside them."""
