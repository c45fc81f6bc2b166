"""The shell that all services share: one loop, one life cycle, one recovery."""
