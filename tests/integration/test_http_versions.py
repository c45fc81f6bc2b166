"""The benchmark that posts over HTTP/1.1 and over HTTP/2: both connections get every order answered, over TLS."""

import trustme

from benchmarks.http_versions import measured, serving


async def test_both_versions_have_every_order_answered_by_a_server_that_speaks_both():
    authority, posted = trustme.CA(), 20
    with serving(authority) as port:
        spent = await measured(port, authority, posted)

    assert {name: (len(written), len(answered)) for name, (written, answered) in spent.items()} == {
        "HTTP/1.1": (posted, posted),
        "HTTP/2": (posted, posted),
    }
    for written, answered in spent.values():
        assert all(0 < before < after for before, after in zip(written, answered, strict=True))
