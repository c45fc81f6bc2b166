"""Orders: placed, cancelled, kept alive by heartbeats, and settled."""
