"""The scanner's settings and how the service is put together."""

from decimal import Decimal

import pytest
from prometheus_client import REGISTRY

from common.contracts.runtime import Tick
from common.contracts.subjects import subscribed_by
from common.errors import SettingsError
from common.runtime.core import Core
from common.settings import load
from scanner.service import assemble
from scanner.settings import Settings
from unit.scanner.scanner_builders import NOW, after, an_up_book, background, live


def an_assembly(**environment: str):
    return assemble(load(Settings, environment))


def test_the_owners_threshold_is_percent_of_a_dollar():
    assert load(Settings, {}).min_edge_pct == Decimal("2.0")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SYMBOLS", "BTCUSDT"),
        ("SIGMA_PRIOR_ANNUAL_BY_SYMBOL", "ETH=NaN"),
        ("SIGMA_PRIOR_ANNUAL_BY_SYMBOL", "ETH=-1"),
        ("SIGMA_PRIOR_ANNUAL_BY_SYMBOL", "ETH"),
        ("SIGMA_PRIOR_ANNUAL_BY_SYMBOL", "ETHUSDT=0.5"),
        ("STRATEGIES", "oracle-snipper"),
        ("MIN_EDGE_PCT", "NaN"),
        ("PRICE_AGE_MS_MAX", "0"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(variable, value):
    with pytest.raises(SettingsError, match=variable):
        an_assembly(**{variable: value})


def test_each_symbol_may_have_its_own_prior():
    settings = load(Settings, {"SIGMA_PRIOR_ANNUAL_BY_SYMBOL": "SOL=0.9"})

    assert settings.prior_annual("SOL") == 0.9
    assert settings.prior_annual("BTC") == 0.55


def test_what_is_recovered_is_what_is_heard_live():
    recovered = {part.filter.rpartition(".")[0] for part in an_assembly().recovery}

    assert recovered == {".".join(subject.filter.split(".")[:2]) for subject in subscribed_by("scanner")}


def test_the_gauges_tell_what_the_model_uses_and_what_was_refused():
    assembly = an_assembly(SYMBOLS="BTC")
    core = assembly.core
    core.refusals = {"stale_book": 3}

    assembly.measure(NOW)

    def value(name, **labels):
        return REGISTRY.get_sample_value(f"pm_arb_scanner_{name}", labels)

    assert value("volatility_ratio", symbol="BTC") == pytest.approx(core.valuer.underlyings["BTC"].volatility.annual)
    assert value("basis_ratio", symbol="BTC") == 1
    assert value("markets_running") == 0
    assert value("edges_refused_total", reason="stale_book") == 3


def test_at_the_start_it_is_not_ready_and_says_what_is_missing():
    said = an_assembly(SYMBOLS="BTC").not_ready(NOW)

    assert said == "no BTC price yet; no BTC settling feed yet; no market is known"


def test_once_it_has_heard_everything_it_is_ready_until_something_falls_silent():
    assembly = an_assembly(SYMBOLS="BTC")
    for event in background():
        assembly.core.observe(event)

    assert assembly.not_ready(NOW) == ""
    assert assembly.not_ready(after(30, NOW)) == "BTC price is 30 s old; BTC settling feed is 32 s old"


def test_the_figures_say_what_it_values_and_what_it_refused():
    assembly = an_assembly(SYMBOLS="BTC")
    core: Core = assembly.core
    for event in (*background(), an_up_book(("0.45", 100))):
        core.observe(event)
    live(core, Tick(at=NOW), NOW)

    figures = assembly.figures(NOW)

    assert figures["markets_running"] == "1"
    assert figures["valued"] == "1"
    assert figures["refused_inside_uncertainty"] == "1"
    assert 0.4 < float(figures["sigma_BTC"]) < 0.55
