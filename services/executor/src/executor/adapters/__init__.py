"""Where the executor touches the world: the paper venue, and the gateway to it."""
