"""The Data API: positions and trades for the public, cached."""
