"""Who reaches whom: as compose.yaml's networks have it, in every overlay."""

from itertools import product

import pytest

from deployment.manifests import OVERLAYS, SERVICES, compose, composed, on_network, pods, rendered
from deployment.policies import Pod, Policies

NATS, POSTGRES = Pod.of({"app.kubernetes.io/name": "nats"}), Pod.of({"cnpg.io/cluster": "postgres"})
PROMETHEUS, GRAFANA = (Pod.of({"app.kubernetes.io/name": name}, "monitoring") for name in ("prometheus", "grafana"))
MONITORING = {"prometheus": PROMETHEUS, "grafana": GRAFANA}
"""Of another namespace, and not ours to guard: what they may reach here is."""
STRANGERS = tuple(Pod(pod.labels, "default") for pod in MONITORING.values())
PORTS = (4222, 5432, 6222, 8000, 8222)
OUTSIDE = "104.18.34.205"
INSIDE = ("10.0.0.1", "172.20.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "127.0.0.1", "fd00::1", "fe80::1")
UNKNOWN_TO_COMPOSE = {(NATS, NATS, 6222), (POSTGRES, POSTGRES, 5432), (POSTGRES, POSTGRES, 8000)}
"""Servers of one cluster among themselves; compose has one of each."""


def everyone(overlay):
    return {name: Pod.of(pod["metadata"]["labels"]) for name, pod in pods(overlay).items()} | {
        "nats": NATS, "postgres": POSTGRES, **MONITORING,
    }  # fmt: skip


def flows(overlay):
    """Every connection between two pods that the policies let through."""
    policies, known = Policies(rendered(overlay)), everyone(overlay)
    return {
        (source, target, port)
        for (source, one), (target, other), port in product(known.items(), known.items(), PORTS)
        if one.namespace == "pm-arb" or other.namespace == "pm-arb"
        if policies.allow(one, other, port) and (one, other, port) not in UNKNOWN_TO_COMPOSE
    }


def wanted(overlay):
    """What is needed of what compose.yaml's networks let through: each to the server that its network is there for."""
    speaking = set().union(*(on_network(name, overlay) for name in ("bus", "scanner", "risk")))
    found = {(name, "nats", 4222) for name in speaking & (set(SERVICES) | {"bootstrap"})}
    found |= {(name, "postgres", 5432) for name in on_network("store", overlay) - {"postgres"}}
    found |= {("prometheus", name, 8000) for name in (*SERVICES, "bootstrap")}
    found |= {("bootstrap", "nats", 8222)}
    if overlay == "sim":
        found |= {(name, "simulator", 8000) for name in on_network("world", overlay) - {"simulator"}}
    return found


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pods_reach_one_another_as_on_the_networks_of_compose_and_not_otherwise(overlay):
    assert flows(overlay) == wanted(overlay)
    networks = {name: set(block["networks"]) for name, block in composed(overlay).items()}
    assert all(networks[source] & networks[target] for source, target, _ in flows(overlay))


def outsiders(overlay, port):
    policies = Policies(rendered(overlay))
    return {name for name, pod in everyone(overlay).items() if policies.reaches_address(pod, OUTSIDE, port)}


def test_in_the_simulated_world_nothing_leaves_the_cluster():
    assert compose()["networks"]["world"] == {"internal": True}
    assert outsiders("sim", 443) == set(MONITORING)


def test_on_real_data_only_what_compose_puts_on_the_open_network_reaches_outside():
    assert compose()["networks"]["outside"] == {}

    assert outsiders("paper", 443) - set(MONITORING) == on_network("outside", "paper")
    assert outsiders("live", 443) - set(MONITORING) == on_network("outside", "live")
    assert on_network("outside", "live") - on_network("outside", "paper") == {"executor"}
    assert {"scanner", "risk", "ledger", "bootstrap", "nats"} & outsiders("live", 443) == set()
    assert outsiders("live", 9443) - set(MONITORING) == {"oracle"}
    assert outsiders("live", 80) - set(MONITORING) == set()


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_way_outside_leads_to_nothing_private(overlay):
    """But for the database's instances, which ask Kubernetes' API who of them leads."""
    policies = Policies(rendered(overlay))

    for name, pod in everyone(overlay).items():
        if name not in (*MONITORING, "postgres"):
            reached = [a for a in INSIDE for port in (443, 9443, 4222) if policies.reaches_address(pod, a, port)]
            assert reached == [], name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nobody_from_another_namespace_reaches_anything(overlay):
    policies = Policies(rendered(overlay))

    for stranger in STRANGERS:
        reached = {n for n, pod in everyone(overlay).items() for port in PORTS if policies.allow(stranger, pod, port)}
        assert reached == set(MONITORING)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_server_lets_in_only_whom_it_is_there_for_whatever_their_own_policies_say(overlay):
    policies, known = Policies(rendered(overlay)), everyone(overlay) | {"another": Pod.of({})}
    servers = {("nats", 4222), ("nats", 8222), ("postgres", 5432), *((name, 8000) for name in pods(overlay))}

    for server, port in servers:
        admitted = {name for name, pod in known.items() if policies.admits(known[server], pod, port)}
        assert admitted - {server} == {
            source for source, target, at in wanted(overlay) if (target, at) == (server, port)
        }


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_may_ask_for_names_and_only_the_clusters_own_server(overlay):
    (dns,) = [o["spec"] for o in rendered(overlay) if o["kind"] == "NetworkPolicy" and o["metadata"]["name"] == "dns"]

    assert dns["podSelector"] == {}
    (rule,) = dns["egress"]
    assert {(port["port"], port["protocol"]) for port in rule["ports"]} == {(53, "UDP"), (53, "TCP")}
    assert rule["to"] == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        }
    ]
