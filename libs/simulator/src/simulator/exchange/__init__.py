"""The prediction market: its catalogue (Gamma), its order book over HTTP and its market socket."""
