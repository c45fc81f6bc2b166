"""What a set of NetworkPolicies lets through, by the rules of Kubernetes: what no policy allows is denied."""

from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from deployment.manifests import NAMESPACE


@dataclass(frozen=True)
class Pod:
    """Labels and a namespace are all that a policy sees of a pod."""

    labels: frozenset
    namespace: str = NAMESPACE

    @classmethod
    def of(cls, labels, namespace=NAMESPACE):
        return cls(frozenset(labels.items()), namespace)


class Policies:
    """Asks them all."""

    def __init__(self, objects):
        self._specs = [found["spec"] for found in objects if found["kind"] == "NetworkPolicy"]

    def allow(self, source, target, port):
        """Say whether a pod reaches another one's TCP port: both ends must allow it."""
        return self._passes(source, "egress", "to", target, port) and self.admits(target, source, port)

    def admits(self, target, source, port):
        """Say whether a pod lets another one in, whatever that one's own policies are."""
        return self._passes(target, "ingress", "from", source, port)

    def reaches_address(self, source, address, port):
        """Say whether a pod reaches an address that is no pod's."""
        return self._passes(source, "egress", "to", ip_address(address), port)

    def _passes(self, pod, direction, side, other, port):
        selecting = [spec for spec in self._specs if _has_type(spec, direction) and _selects(spec["podSelector"], pod)]
        if pod.namespace != NAMESPACE or not selecting:
            return True
        rules = [rule for spec in selecting for rule in spec.get(direction, [])]
        return any(_has_port(rule, port) and _names(rule, side, other) for rule in rules)


def _has_type(spec, direction):
    return direction.capitalize() in spec["policyTypes"]


def _has_port(rule, port):
    ports = rule.get("ports")
    return ports is None or any(p["port"] == port and p.get("protocol", "TCP") == "TCP" for p in ports)


def _names(rule, side, other):
    peers = rule.get(side)
    return peers is None or any(_is(peer, other) for peer in peers)


def _is(peer, other):
    if "ipBlock" in peer:
        if isinstance(other, Pod):
            return False  # what a cluster does with its own addresses is its own affair; these are said by selectors
        block = peer["ipBlock"]
        return _within(other, block["cidr"]) and not any(_within(other, cidr) for cidr in block.get("except", []))
    if not isinstance(other, Pod):
        return False
    if "namespaceSelector" in peer:
        named = peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": other.namespace}
        return named and _selects(peer.get("podSelector", {}), other)
    return other.namespace == NAMESPACE and _selects(peer["podSelector"], other)


def _within(address, cidr):
    network = ip_network(cidr)
    return network.version == address.version and address in network


def _selects(selector, pod):
    assert set(selector) <= {"matchLabels"}, "these policies select by labels alone"
    return set(selector.get("matchLabels", {}).items()) <= pod.labels
