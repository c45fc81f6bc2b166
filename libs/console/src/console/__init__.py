"""The operator's command `pm-arb`: run the whole system, watch it, stop it, and account for what it did."""
