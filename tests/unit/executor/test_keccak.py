"""The chain's hash is the library's own, whatever was hashed before it and in whichever thread."""

import random
from concurrent.futures import ThreadPoolExecutor

from Crypto.Hash import keccak

from executor.adapters.keccak import keccak256


def expected(data):
    return keccak.new(digest_bits=256, data=data).digest()


def test_every_length_around_the_block_has_the_librarys_hash():
    rng = random.Random(11)
    for length in [*range(300), 407, 408, 409, 5000]:
        data = rng.randbytes(length)
        assert keccak256(data) == expected(data), length


def test_nothing_hashes_to_what_the_chain_says():
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


def test_threads_that_hash_at_once_do_not_mix():
    inputs = [bytes([n % 256]) * (n % 700) for n in range(4000)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(keccak256, inputs)) == [expected(data) for data in inputs]
