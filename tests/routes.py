"""What manifests say of the routes to Pods, worked out without svcgen: from plain PyYAML documents."""

from __future__ import annotations

import yaml


def manifests(text):
    """The objects of a stream, by kind and name."""
    found = [one for one in yaml.safe_load_all(text) if one]
    assert all("kind" in one for one in found), text
    by_name = {(one["kind"], one["metadata"]["name"]): one for one in found}
    assert len(by_name) == len(found), "an object is there twice"
    return by_name


def only(objects, kind):
    """The one object of a kind."""
    (one,) = (value for (found, _), value in objects.items() if found == kind)
    return one


def routes(objects):
    """Name, service port, container port, node port and protocol of every port of the one Service."""
    service, deployment = only(objects, "Service"), only(objects, "Deployment")
    pod = deployment["spec"]["template"]
    labels = pod["metadata"]["labels"]
    assert service["spec"]["selector"].items() <= labels.items()
    assert deployment["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert service["metadata"].get("namespace") == deployment["metadata"].get("namespace")
    (container,) = pod["spec"]["containers"]
    numbers = {(port["name"], port["protocol"]): port["containerPort"] for port in container["ports"]}
    assert len(numbers) == len(container["ports"])
    found = [
        (
            port["name"],
            port["port"],
            numbers[port["targetPort"], port["protocol"]],
            port.get("nodePort"),
            port["protocol"],
        )
        for port in service["spec"]["ports"]
    ]
    assert len(found) == len(numbers)
    return sorted(found, key=str)


def wanted(app, environment=None):
    """The same of a saved App spec, in one of its environments."""
    found = []
    for port in app["spec"]["ports"]:
        node_port = port["nodePorts"][environment] if "nodePorts" in port else port.get("nodePort")
        found.append((port["name"], port["port"], port["targetPort"], node_port, port["protocol"]))
    return sorted(found, key=str)


def saved(project, name):
    """The App spec that svcgen saved."""
    return yaml.safe_load((project.folder / f".svcgen/apps/{name}.yaml").read_text())
