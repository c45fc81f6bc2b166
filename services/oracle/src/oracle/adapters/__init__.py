"""Where the oracle touches the world: the sockets of exchanges and of the settling feed."""
