"""The five services that trade, put together for one process: the real cores under the settings of their own."""

from dataclasses import dataclass
from typing import TypeVar

from common.settings import ServiceSettings, load
from console.errors import ConsoleError
from console.replay.dispatcher import Party
from console.replay.outside import VenueOutside
from console.replay.paper import PaperOutlet
from executor import service as executor
from executor.adapters.paper import AttentiveDesk, PaperVenue
from executor.core import OrderDesk
from executor.settings import Settings as ExecutorSettings
from oracle import service as oracle
from oracle.settings import Settings as OracleSettings
from risk import service as risk
from risk.settings import Settings as RiskSettings
from scanner import service as scanner
from scanner.core import EdgeScanner
from scanner.settings import Settings as ScannerSettings
from simulator.world import World
from venue import service as venue
from venue.settings import Settings as VenueSettings

SettingsT = TypeVar("SettingsT", bound=ServiceSettings)


@dataclass(frozen=True, slots=True)
class Parties:
    """The parties, and what of them the replay drives or reads by itself."""

    oracle: Party
    venue: Party
    scanner: Party
    risk: Party
    executor: Party
    outside: VenueOutside
    paper: PaperOutlet
    edges: EdgeScanner
    discovery_interval_s: float

    @property
    def all(self) -> tuple[Party, ...]:
        return (self.oracle, self.venue, self.scanner, self.risk, self.executor)


def build(world: World, symbols: tuple[str, ...], environment: dict[str, str] | None = None) -> Parties:
    """Build every core from the environment, as its service would, for those of its symbols that the world has."""
    venue_settings = _told(VenueSettings, environment, symbols)
    keeper, edges = venue.build_core(venue_settings), scanner.build_core(_told(ScannerSettings, environment, symbols))
    executor_settings = load(ExecutorSettings, environment)
    desk = AttentiveDesk(OrderDesk(executor.caps(executor_settings), mode="paper"))
    paper = PaperOutlet(PaperVenue(executor.paper_rules(executor_settings)), desk)
    outside = VenueOutside(world, keeper)
    return Parties(
        oracle=Party("oracle", oracle.build_core(_told(OracleSettings, environment, symbols))),
        venue=Party("venue", keeper, outside),
        scanner=Party("scanner", edges),
        risk=Party("risk", risk.build(_told(RiskSettings, environment, symbols))),
        executor=Party("executor", desk, paper),
        outside=outside,
        paper=paper,
        edges=edges,
        discovery_interval_s=venue_settings.discovery_interval_s,
    )


def _told(settings: type[SettingsT], environment: dict[str, str] | None, known: tuple[str, ...]) -> SettingsT:
    """Read a service's settings, and leave it the symbols that the world knows."""
    read = load(settings, environment)
    symbols = tuple(symbol for symbol in getattr(read, "symbols", ()) if symbol in known)
    if not symbols:
        raise ConsoleError(f"SYMBOLS: expected at least one of {', '.join(known)}, which this world has, found none")
    return read.model_copy(update={"symbols": symbols})
