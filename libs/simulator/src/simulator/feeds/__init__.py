"""The price feeds: Binance, Coinbase and the settlement socket."""
