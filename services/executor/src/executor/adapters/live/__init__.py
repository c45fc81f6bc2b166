"""Real orders: the way in (gates, checks before the start) and the way out (the gateway to the venue)."""
