"""Where the venue service touches the world: the venue's public catalogue, order book and market channel."""
