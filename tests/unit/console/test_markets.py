"""What `pm-arb markets` shows, on the narrowest terminal."""

from io import StringIO

from rich.console import Console

from builders import DOWN, NOON, UP, a_book, a_market
from console.commands.markets import table_of


def test_a_slug_is_shown_whole_for_that_is_what_an_order_takes() -> None:
    out = StringIO()
    markets = [
        a_market(slug="btc-updown-15m-1800014400"),
        a_market(slug="eth-updown-5m-1800014400"),
    ]

    Console(file=out, width=80).print(table_of(markets, {UP: a_book(), DOWN: a_book(token_id=DOWN)}, NOON))

    assert "btc-updown-15m-1800014400" in out.getvalue()
    assert "0.48 / 0.50" in out.getvalue()
