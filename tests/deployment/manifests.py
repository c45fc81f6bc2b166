"""The Kubernetes manifests as kubectl renders them, and compose.yaml, to be compared."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import yaml

from common.contracts.subjects import SERVICES

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy/kubernetes"
KUBECTL = Path(sys.executable).with_name("kubectl")
OVERLAYS = ("paper", "sim", "live")
PROFILES = {"paper": "public", "sim": "sim", "live": "live"}
"""Of compose.yaml, for the same three worlds."""
NAMESPACE = "pm-arb"
CUSTOM = {"Cluster", "ExternalSecret", "ServiceMonitor"}
"""Kinds that an operator brings into a cluster; their schemas are not Kubernetes' own."""


OLDEST = "1.33"
"""The oldest Kubernetes that the manifests are meant for."""


def kustomize(folder):
    done = subprocess.run([KUBECTL, "kustomize", folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


@cache
def rendered(overlay):
    return kustomize(KUBERNETES / "overlays" / overlay)


def of_kind(objects, kind):
    return {found["metadata"]["name"]: found for found in objects if found["kind"] == kind}


def pods(overlay):
    """Answer the pod template of every Deployment by its name."""
    return {name: found["spec"]["template"] for name, found in of_kind(rendered(overlay), "Deployment").items()}


def container(pod):
    """Answer its one container."""
    (only,) = pod["spec"]["containers"]
    assert "initContainers" not in pod["spec"]
    return only


def environment(overlay, name):
    """Answer what a pod is told: the ConfigMaps that it takes, and its own variables over them."""
    maps = of_kind(rendered(overlay), "ConfigMap")
    only = container(pods(overlay)[name])
    told = {}
    for source in only.get("envFrom", []):
        told |= maps[source["configMapRef"]["name"]]["data"]
    return told | {variable["name"]: variable["value"] for variable in only.get("env", [])}


def mounted_secrets(pod):
    """Answer each secret that a pod is given: its name, where it is mounted and the volume."""
    mounts = {mount["name"]: mount for mount in container(pod)["volumeMounts"]}
    return {
        volume["secret"]["secretName"]: (mounts[volume["name"]], volume["secret"])
        for volume in pod["spec"]["volumes"]
        if "secret" in volume
    }


@cache
def compose():
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


@cache
def composed(overlay):
    """Answer the services that compose.yaml runs in an overlay's world, by the name that they have in every world."""
    profile = PROFILES[overlay]
    return {
        name.removesuffix("-sim").removesuffix("-live"): block
        for name, block in compose()["services"].items()
        if profile in block.get("profiles", [profile])
    }


def on_network(name, overlay):
    """Answer the services that compose.yaml puts on one of its networks in an overlay's world."""
    return {service for service, block in composed(overlay).items() if name in block["networks"]}


__all__ = [
    "CUSTOM", "KUBECTL", "KUBERNETES", "NAMESPACE", "OLDEST", "OVERLAYS", "PROFILES", "ROOT", "SERVICES", "compose", "composed", "container",
    "environment", "kustomize", "mounted_secrets", "of_kind", "on_network", "pods", "rendered",
]  # fmt: skip
