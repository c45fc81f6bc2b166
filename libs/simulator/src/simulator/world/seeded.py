"""A world made from a seed: endless, with Polymarket's averaging rule of 60 seconds."""

from simulator.world.markets import SeededCatalogue
from simulator.world.rules import TwapRule
from simulator.world.settings import WorldSettings
from simulator.world.staged import StagedWorld
from simulator.world.underlying import SeededUnderlying


class SeededWorld(StagedWorld):
    """Prices, markets and makers as functions of the seed and of absolute time."""

    def __init__(self, settings: WorldSettings | None = None) -> None:
        settings = settings or WorldSettings()
        underlying = SeededUnderlying(settings)
        super().__init__(settings, underlying, SeededCatalogue(settings), TwapRule(underlying))
