"""Scenario files are read in full before anything happens, and refused by line; own pages are for this machine."""

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from simulator.guard import guarding, is_loopback
from simulator.scenario import Step, parse

GOOD = """\
# Two faults, not in the order of their instants.
{"at_s": 95.5, "name": "order_timed_out", "placed": true, "count": 2}

  {"at_s": 30, "name": "restarting", "seconds": 20, "post_only_seconds": 60}
"""


def test_a_scenario_is_a_fault_a_line_played_in_the_order_of_their_instants():
    assert parse(GOOD) == (
        Step(30.0, {"name": "restarting", "seconds": 20, "post_only_seconds": 60}),
        Step(95.5, {"name": "order_timed_out", "placed": True, "count": 2}),
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nonsense", "line 3: expected a JSON object"),
        ("[1]", "line 3: expected a JSON object"),
        ('{"name": "unauthorized"}', "line 3: at_s must lie between 0 and 604800 .* found None"),
        ('{"at_s": -1, "name": "unauthorized"}', "line 3: at_s must lie between"),
        ('{"at_s": true, "name": "unauthorized"}', "line 3: at_s must lie between"),
        ('{"at_s": 1, "name": "earthquake"}', "line 3: name must be one of .* found 'earthquake'"),
        ('{"at_s": 1, "name": "cloudflare", "count": 0}', "line 3: count must lie between 1 and"),
    ],
)
def test_a_bad_line_is_refused_by_its_number_with_what_was_expected(line, words):
    with pytest.raises(ValueError, match=words):
        parse(f'# one\n{{"at_s": 0, "name": "unauthorized"}}\n{line}\n')


def test_a_scenario_has_an_end():
    with pytest.raises(ValueError, match="line 10001: expected at most 10000 faults"):
        parse('{"at_s": 0, "name": "unauthorized"}\n' * 10_001)


@pytest.mark.parametrize(
    ("peer", "is_own"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("::ffff:127.0.0.1", True),
        ("10.0.0.7", False), ("::ffff:10.0.0.7", False), ("fe80::1%eth0", False), ("", False), (None, False),
    ],
)  # fmt: skip
def test_a_peer_is_of_this_machine_or_not(peer, is_own):
    assert is_loopback(peer) is is_own


async def served(path, peer, **options):
    async def page(request):
        return web.Response(text="served")

    request = make_mocked_request("GET", path).clone(remote=peer)
    return (await guarding(**options)(request, page)).status


async def test_own_pages_are_for_this_machine_unless_they_are_opened():
    assert await served("/sim/health", "127.0.0.1") == 200
    assert await served("/sim/health", "10.0.0.7") == 403
    assert await served("/sim", "10.0.0.7") == 403
    assert await served("/clob/ok", "10.0.0.7") == 200
    assert await served("/simulation", "10.0.0.7") == 200
    assert await served("/sim/faults", "10.0.0.7", admin_anywhere=True) == 200
