"""The pure world: a deterministic function of configuration, seed and absolute time. No clock, no sockets."""

from simulator.world.frame import CHANNELS, Frame, Json, Truth, World
from simulator.world.recorded import RecordedWorld, shift_onto
from simulator.world.seeded import SeededWorld
from simulator.world.settings import WorldSettings

__all__ = [
    "CHANNELS",
    "Frame",
    "Json",
    "RecordedWorld",
    "SeededWorld",
    "Truth",
    "World",
    "WorldSettings",
    "shift_onto",
]
