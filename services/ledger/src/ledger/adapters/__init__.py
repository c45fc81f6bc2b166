"""Where the ledger touches the world: Postgres."""
