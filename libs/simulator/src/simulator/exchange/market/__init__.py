"""Market data: the catalogue, books and prices, the market channel, and the world's order flow behind them."""
