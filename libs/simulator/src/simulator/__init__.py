"""The outside world on its real wire protocols: exchanges, settlement feed, prediction market, push gateway.

`simulator.world` is pure and decides everything that happens; `simulator.server` is a thin clock around it.
"""
