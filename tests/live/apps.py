"""Random App specs: every type and protocol, shared service ports, wished numbers, nasty strings."""

from __future__ import annotations

import random

from scaffold import names
from tests.test_decoding import TEXTS, WORDS

NAMESPACES = (None, "default", "shop", "on", "1e3")
PORT_NAMES = ("on", "y", "no", "1a", "1e3", "0x1f", "null", "true", "http", "a-b", "metrics")
APP_PROTOCOLS = ("http", "kubernetes.io/h2c", "example.com/on")
ENV_NAMES = ("ON", "y", "NO", "_", "null", "PATH", "E3", "a_B_1")
KEYS = ("on", "y", "no", "1e3", "0x1f", "null", "example.com/on", "1/2", "a.b.c/D_e.f")
LABEL_VALUES = [word for word in WORDS if names.label_value(word) is None]


def apps(count, seed=1):
    """`count` App documents, the same for the same seed, no two of one name or node port."""
    chance = random.Random(seed)
    node_ports = iter(chance.sample(range(30000, 32768), 2768))
    return [_app(chance, f"app-{number}", node_ports) for number in range(count)]


def _app(chance, name, node_ports):
    type_ = chance.choice(("ClusterIP", "NodePort", "NodePort", "LoadBalancer"))
    metadata = {"name": name, "namespace": chance.choice(NAMESPACES)}
    metadata["labels"] = _some(chance, KEYS, LABEL_VALUES)
    metadata["annotations"] = _some(chance, KEYS, TEXTS)
    spec = {"image": "ghcr.io/acme/on:1e3", "replicas": chance.randrange(3), "type": type_}
    spec["env"] = _some(chance, ENV_NAMES, TEXTS)
    spec["ports"] = _ports(chance, type_, node_ports)
    return {"apiVersion": "svcgen/v1", "kind": "App", "metadata": metadata, "spec": spec}


def _some(chance, keys, values):
    return {key: chance.choice(values) for key in keys if chance.random() < 0.4}


def _ports(chance, type_, node_ports):
    port_names = chance.sample(PORT_NAMES, chance.randint(1, 5))
    numbers = iter(chance.sample(range(1, 65536), 2 * len(port_names)))
    ports = [_port(chance, type_, name, numbers, node_ports) for name in port_names]
    if len(ports) > 1 and chance.random() < 0.3:
        # as DNS has it: one service port, and perhaps one node port, for TCP and UDP
        twin = {**ports[0], "port": next(numbers, 53), "protocol": "TCP"}
        ports[:2] = [twin, {**twin, "name": ports[1]["name"], "protocol": "UDP"}]
    return ports


def _port(chance, type_, name, numbers, node_ports):
    port = {"name": name, "targetPort": next(numbers), "protocol": chance.choice(("TCP", "TCP", "UDP", "SCTP"))}
    if chance.random() < 0.3:
        port["port"] = next(numbers)
    if type_ != "ClusterIP" and chance.random() < 0.3:
        port["nodePort"] = next(node_ports)
    if chance.random() < 0.2:
        port["appProtocol"] = chance.choice(APP_PROTOCOLS)
    return port


def flags(app):
    """The words of `svcgen new` that ask for the same app."""
    metadata, spec = app["metadata"], app["spec"]
    words = [metadata["name"], "--image", spec["image"], "--type", spec["type"], "--replicas", str(spec["replicas"])]
    words += ["-n", metadata["namespace"]] if metadata["namespace"] else []
    for port in spec["ports"]:
        numbers = f"{port.get('nodePort', 'auto')}:{port.get('port', 'auto')}:{port['targetPort']}"
        more = f",appProtocol={port['appProtocol']}" if "appProtocol" in port else ""
        words += ["-p", f"{port['name']}={numbers}/{port['protocol'].lower()}{more}"]
    for flag, values in (("-l", metadata["labels"]), ("--annotation", metadata["annotations"]), ("--env", spec["env"])):
        words += [word for key, value in values.items() for word in (flag, f"{key}={value}")]
    return words
