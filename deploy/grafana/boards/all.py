"""Every dashboard by the name of its file."""

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from boards import feeds, latency, overview, risk, system, trading

BOARDS = {
    "overview": overview.board,
    "trading": trading.board,
    "latency": latency.board,
    "feeds": feeds.board,
    "risk": risk.board,
    "system": system.board,
}


def dashboards() -> dict[str, str]:
    """Answer each dashboard as Grafana reads it."""
    encoder = JSONEncoder(sort_keys=True, indent=2)
    return {f"{name}.json": f"{encoder.encode(make().build())}\n" for name, make in BOARDS.items()}
