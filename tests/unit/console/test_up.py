"""What `pm-arb up` decides without starting anything."""

import os
import socket
from pathlib import Path

import psutil
import pytest

from common.bootstrap.nats_config import USERS, password_variable
from common.contracts.subjects import SERVICES
from console.errors import ConsoleError
from console.state import Running, StateFolder, find_running, forget, read_json, write_json, write_running
from console.up.backoff import Backoff
from console.up.environment import Addresses, for_nats, for_service, new_passwords
from console.up.logfile import LogFile
from console.up.plan import Plan, claim_world
from console.up.ports import PortClaim, free_ports, port_is_free
from console.up.postgres import socket_folder
from console.up.reach import ENDPOINTS, Reached, missing_groups
from console.up.registry import Registry, leftovers

PASSWORDS = new_passwords({user: f"secret-of-{user}" for user in USERS})
ADDRESSES = Addresses(
    nats_port=4222, simulator_port=7000, http_ports={name: 8000 + n for n, name in enumerate(SERVICES)},
    database_url="postgresql:///x",
)  # fmt: skip
INHERITED = {
    "PATH": "/bin", "MIN_EDGE_PCT": "3", "POLYMARKET_PRIVATE_KEY": "0xabc", "PUSHOVER_API_TOKEN": "owners",
    "NATS_OPERATOR_PASSWORD": "theirs", "HTTP_PORT_FILE": "/nowhere", "DATABASE_URL": "postgresql://elsewhere",
}  # fmt: skip


def a_plan(tmp_path: Path, **changes: object) -> Plan:
    return Plan(**({"folder": StateFolder(tmp_path)} | changes))  # type: ignore[arg-type]


def test_the_wait_doubles_up_to_ten_seconds_and_begins_anew_after_a_long_life() -> None:
    backoff, waits = Backoff(), list[float]()
    for alive_s in (1, 1, 1, 1, 1, 1, 1, 31, 1):
        backoff = backoff.after(alive_s)
        waits.append(backoff.wait_s)
    assert waits == [0.5, 1, 2, 4, 8, 10, 10, 0.5, 1]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_told_its_own_password_and_no_other(name: str, tmp_path: Path) -> None:
    told = for_service(name, a_plan(tmp_path), ADDRESSES, PASSWORDS, INHERITED)
    assert told["NATS_PASSWORD"] == PASSWORDS[name]
    others = {password for user, password in PASSWORDS.items() if user != name}
    assert not others & set(told.values())


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("world", ["seeded", "live"])
def test_no_service_inherits_a_credential(name: str, world: str, tmp_path: Path) -> None:
    told = for_service(name, a_plan(tmp_path, world=world), ADDRESSES, PASSWORDS, INHERITED)
    assert "0xabc" not in told.values()
    assert "theirs" not in told.values()
    assert "postgresql://elsewhere" not in told.values()
    assert ("owners" in told.values()) == (name == "alerter" and world == "live")


def test_a_service_keeps_the_owners_settings_but_not_a_file_that_contradicts(tmp_path: Path) -> None:
    told = for_service("scanner", a_plan(tmp_path), ADDRESSES, PASSWORDS, INHERITED)
    assert told["MIN_EDGE_PCT"] == "3"
    assert "HTTP_PORT_FILE" not in told


def test_only_paper_is_ever_traded(tmp_path: Path) -> None:
    for world in ("seeded", "recording", "live"):
        told = for_service("executor", a_plan(tmp_path, world=world), ADDRESSES, PASSWORDS, {"PAPER_TRADING": "false"})
        assert told["PAPER_TRADING"] == "true"


def test_the_simulated_world_is_everywhere_and_the_live_one_is_the_default(tmp_path: Path) -> None:
    seeded = for_service("oracle", a_plan(tmp_path), ADDRESSES, PASSWORDS, {})
    assert seeded["BINANCE_WS_URL"] == "ws://127.0.0.1:7000/binance"
    live = for_service("oracle", a_plan(tmp_path, world="live"), ADDRESSES, PASSWORDS, {})
    assert not [name for name in live if name.endswith("_WS_URL")]


def test_the_bus_is_told_every_password() -> None:
    told = for_nats({}, PASSWORDS)
    assert {told[password_variable(user)] for user in USERS} == set(PASSWORDS.values())


def test_free_ports_differ_and_are_free() -> None:
    ports = free_ports(5)
    assert len(set(ports)) == 5
    assert all(port_is_free(port) for port in ports)


def test_the_usual_port_stays_one_systems_while_its_server_is_started_again() -> None:
    [usual] = free_ports(1)
    first = PortClaim(usual)
    second = PortClaim(usual)
    first.release()
    third = PortClaim(usual)

    assert (first.number, third.number) == (usual, usual)
    assert second.number != usual
    assert port_is_free(second.number)
    third.release()


def test_a_usual_port_that_somebody_else_listens_on_is_left_to_them() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert PortClaim(port).number != port
    afterwards = PortClaim(port)

    assert afterwards.number == port
    afterwards.release()


def test_a_state_folder_belongs_to_one_world(tmp_path: Path) -> None:
    claim_world(a_plan(tmp_path))
    claim_world(a_plan(tmp_path))
    with pytest.raises(ConsoleError, match=r"another world \(world seeded, seed 1\)"):
        claim_world(a_plan(tmp_path, seed=2))
    forget(StateFolder(tmp_path))
    claim_world(a_plan(tmp_path, seed=2))


def test_a_second_run_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    with folder.locked(), pytest.raises(ConsoleError, match="already runs from here"), folder.locked():
        pass
    with folder.locked():
        assert folder.lock.exists()


def a_running(pid: int, created: float) -> Running:
    return Running(pid=pid, created=created, started_at=1, world="", nats_url="", database_url="")


def test_a_running_system_is_known_by_its_number_and_its_birth(tmp_path: Path) -> None:
    folder, us = StateFolder(tmp_path), psutil.Process()
    assert find_running(folder) is None
    write_running(folder, a_running(us.pid, us.create_time()))
    assert find_running(folder) == a_running(us.pid, us.create_time())
    write_running(folder, a_running(us.pid, us.create_time() - 100))
    assert find_running(folder) is None


def test_only_processes_that_are_ours_are_left_over(tmp_path: Path) -> None:
    path = tmp_path / "pids.json"
    assert leftovers(path) == {}
    registry = Registry(path)
    registry.add("us", os.getpid())
    assert leftovers(path) == {"us": os.getpid()}
    write_json(path, {"processes": {"us": {"pid": os.getpid(), "created": 1.0}}})
    assert leftovers(path) == {}
    path.write_text("not json")
    assert leftovers(path) == {}


def test_secrets_are_for_their_owner_alone(tmp_path: Path) -> None:
    write_json(tmp_path / "secrets.json", {"operator": "x"}, 0o600)
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert read_json(tmp_path / "secrets.json") == {"operator": "x"}


def test_a_log_turns_over_when_it_is_full_and_remembers_the_last_line(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "a.log", bytes_max=100)
    for n in range(30):
        log.write(f"line number {n}\n".encode())
    assert log.last_line == "line number 29"
    log.close()
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert set(sizes) == {"a.log", "a.log.1"}
    assert all(size <= 100 for size in sizes.values())


def test_forgetting_leaves_what_is_not_ours(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    folder.prepare()
    (tmp_path / "notes.txt").write_text("mine")
    write_json(folder.world, {})
    forget(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_long_path_gets_a_short_socket(tmp_path: Path) -> None:
    assert socket_folder(Path("/short")) == Path("/short")
    assert len(str(socket_folder(tmp_path / ("x" * 120)))) < 90


def test_one_exchange_is_enough_and_everything_else_is_needed() -> None:
    down = {"binance", "gamma"}
    found = [Reached(endpoint, "down" if endpoint.name in down else "") for endpoint in ENDPOINTS]
    assert missing_groups(found) == ("gamma",)
    nothing = [Reached(endpoint, "down") for endpoint in ENDPOINTS]
    assert missing_groups(nothing) == ("exchanges", "rtds", "gamma", "clob", "books")
