"""The exchange's modes follow one another in time, and say when they are over."""

from simulator.exchange.modes import Mode, Modes

NS_PER_S = 1_000_000_000


class Clock:
    def __init__(self):
        self.now_ns = 0

    def __call__(self):
        return self.now_ns


def test_a_mode_is_over_at_its_instant():
    clock = Clock()
    modes = Modes(clock)
    assert (modes.now(), modes.retry_after_s()) == (Mode.ACTIVE, None)

    modes.set(Mode.CANCEL_ONLY, 10 * NS_PER_S)
    assert (modes.now(), modes.retry_after_s()) == (Mode.CANCEL_ONLY, 10)
    clock.now_ns = 10 * NS_PER_S - 1
    assert (modes.now(), modes.retry_after_s()) == (Mode.CANCEL_ONLY, 1)
    clock.now_ns += 1
    assert (modes.now(), modes.retry_after_s()) == (Mode.ACTIVE, None)


def test_after_a_restart_only_post_only_orders_are_taken_for_a_while():
    clock = Clock()
    modes = Modes(clock)
    modes.restart(5 * NS_PER_S, 84 * NS_PER_S)
    seen = [(modes.now(), modes.retry_after_s())]
    for now_s in (5, 83, 84):
        clock.now_ns = now_s * NS_PER_S
        seen.append((modes.now(), modes.retry_after_s()))

    assert seen == [(Mode.RESTARTING, 5), (Mode.POST_ONLY, 79), (Mode.POST_ONLY, 1), (Mode.ACTIVE, None)]


def test_a_restart_need_not_tell_when_it_is_over_but_what_follows_does():
    clock = Clock()
    modes = Modes(clock)
    modes.restart(5 * NS_PER_S, 84 * NS_PER_S, tells_when=False)
    assert (modes.now(), modes.retry_after_s()) == (Mode.RESTARTING, None)
    clock.now_ns = 5 * NS_PER_S
    assert (modes.now(), modes.retry_after_s()) == (Mode.POST_ONLY, 79)


def test_a_mode_that_is_set_replaces_what_was_to_come():
    clock = Clock()
    modes = Modes(clock)
    modes.restart(5 * NS_PER_S, 84 * NS_PER_S)
    modes.set(Mode.DISABLED, 2 * NS_PER_S)
    assert modes.now() is Mode.DISABLED
    clock.now_ns = 2 * NS_PER_S
    assert modes.now() is Mode.ACTIVE
