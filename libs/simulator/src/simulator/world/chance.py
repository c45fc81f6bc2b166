"""Chance that repeats: every draw is a stable function of a seed and of what it is drawn for.

Python's own `hash` differs from process to process, so seeds come from a digest. Draws that are needed
one at a time at arbitrary indices come from a 64-bit mixer, which costs less than a microsecond; long
runs use `random.Random`.
"""

import hashlib
import math
import random

MASK = (1 << 64) - 1
UNIT = 1.0 / (1 << 64)


def stream(*parts: object) -> int:
    """Derive a 64-bit seed from the names of what it is for."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def generator(*parts: object) -> random.Random:
    return random.Random(stream(*parts))


def mixed(seed: int, index: int) -> int:
    """Draw 64 bits for an index: the finaliser of SplitMix64."""
    z = (seed + index * 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def uniform(seed: int, index: int) -> float:
    """Draw from [0, 1) for an index."""
    return mixed(seed, index) * UNIT


def gaussian(seed: int, index: int) -> float:
    """Draw from the standard normal distribution for an index."""
    radius = math.sqrt(-2.0 * math.log(1.0 - uniform(seed, 2 * index)))
    return radius * math.cos(math.tau * uniform(seed, 2 * index + 1))


def digits(text: str, count: int) -> str:
    """Derive hexadecimal digits from a text."""
    return hashlib.blake2b(text.encode(), digest_size=count // 2).hexdigest()
