"""Risk: says whether an opportunity may be taken, and how much of it, within limits that it cannot exceed."""
