"""The service `alerter`: who must know, and how loudly."""
