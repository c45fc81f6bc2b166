"""Recomputes profit and loss from the fills, the venue's fee schedule and the true outcomes.

It shares no code with the services nor with their common library, so that a mistake of theirs cannot be its own.
"""
