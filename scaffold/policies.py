"""NetworkPolicies between a Service and its Pods: which ports of the Service they do not let in.

A policy holds at the Pod, so its ports are container ports. Policies add up: what one of the tree lets in, is let in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.backends import backends
from scaffold.endpoints import endpoint, target_numbers
from scaffold.references import belong, isolates, own, pod_selector, ports_of, rules_of
from scaffold.shapes import as_dict, as_list, as_number, finding, is_headless, protocol_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Effect, Finding
    from scaffold.references import PortOfService
    from scaffold.shapes import Path, Workload


def blocked(policy: Document, facts: Facts) -> Iterator[Finding]:
    """What a policy keeps from the Pods that it is about, of every Service before them.

    A policy without any ingress rule is taken for meant, and one that lets in some ports of a Service is too, but for
    a port that it names by the Service's number.
    """
    if policy.data.get("apiVersion") != "networking.k8s.io/v1" or not isolates(policy) or not rules_of(policy):
        return
    known, namespace = backends(facts), policy.ref.key[1]
    for workload in own(policy, known.pods(policy, namespace, pod_selector(policy))):
        if belong(policy, workload.document, once=known.written_once(workload.document)):
            for service in facts.selection.services_before(workload):
                yield from _service(policy, service, workload, facts)


def _service(policy: Document, service: Document, workload: Workload, facts: Facts) -> Iterator[Finding]:
    ports = ports_of(service)
    if not ports or is_headless(service):
        return
    shut = [(port, numbers) for port in ports if (numbers := _shut(port, policy, workload, facts))]
    # policies do not hold for the node's own network
    if not shut or workload.host_network:
        return
    for port, numbers in shut:
        if place := _typed(policy, port, workload):
            yield _mistaken(policy, place, port, service, min(numbers))
            return
    if len(shut) < len(ports) or not _is_first(policy, backends(facts).policies(workload) or []):
        return
    every = {number for _, numbers in shut for number in numbers}
    shown = ", ".join(str(number) for number in sorted(every)[:8])
    message = f"no NetworkPolicy lets in port {shown}, where Service {service.ref} leads"
    rules = enumerate(rules_of(policy))
    path = next(("spec", "ingress", index, "ports") for index, rule in rules if rule.get("ports"))
    hint = f"add port: {min(every)} to the ports"
    related = (service.location(*ports[0].path),)
    yield finding(policy, path, message, effect="fragile", hint=hint, related=related)


def _mistaken(policy: Document, place: Path, port: PortOfService, service: Document, number: int) -> Finding:
    message = f"{port} is the port of Service {service.ref}, its Pods listen on {number}"
    related = (service.location(*port.path),)
    hint = f"write port: {number}, a policy holds at the Pod"
    return finding(policy, (*place, "port"), message, effect="fragile", hint=hint, related=related)


def closed(port: PortOfService, service: Document, workload: Workload, facts: Facts) -> Finding | None:
    """Why no policy lets a port of a Service reach these Pods, where one is about them; who may come is not judged.

    Advice only where the policy lies in a folder aside, which may be one that is not applied with them.
    """
    known, numbers = backends(facts), target_numbers(port, workload, facts)
    policies = known.policies(workload) or []
    if not numbers or workload.host_network or any(_lets_in(one, port, numbers, workload, facts) for one in policies):
        return None
    once, number = known.written_once(workload.document), min(numbers)
    policies = [one for one in policies if belong(one, workload.document, once=once)]
    for policy in policies:
        if place := _typed(policy, port, workload):
            return _mistaken(policy, place, port, service, number)
    if not policies:
        return None
    near = [one for one in policies if belong(one, workload.document, once=False)]
    policy = (near or policies)[0]
    message = f"NetworkPolicy {policy.ref} is about these Pods, and none lets in port {number}"
    related, hint = (service.location(*port.path),), f"let in port: {number} from where the clients are"
    effect: Effect = "fragile" if near else "advice"
    return finding(policy, ("spec", "ingress"), message, effect=effect, hint=hint, related=related)


def _shut(port: PortOfService, policy: Document, workload: Workload, facts: Facts) -> set[int]:
    """The numbers in the Pods that a port of a Service leads to, where no policy lets them in."""
    numbers = target_numbers(port, workload, facts)
    if not numbers or _lets_in(policy, port, numbers, workload, facts):
        return set()
    others = backends(facts).policies(workload)
    if others is None or any(_lets_in(one, port, numbers, workload, facts) for one in others):
        return set()
    return numbers


def _lets_in(policy: Document, port: PortOfService, numbers: set[int], workload: Workload, facts: Facts) -> bool:
    """Whether any rule of a policy lets in one of these numbers."""
    for rule in rules_of(policy):
        entries = as_list(rule.get("ports"))
        if not entries or any(_takes(as_dict(one), port.protocol, numbers, workload, facts) for one in entries):
            return True
    return False


def _takes(entry: dict[str, Any], protocol: str, numbers: set[int], workload: Workload, facts: Facts) -> bool:
    if protocol_of(entry) != protocol:
        return False
    port, last = entry.get("port"), as_number(entry.get("endPort"))
    if isinstance(port, str):
        return endpoint(port, protocol, workload, facts).number in numbers
    first = as_number(port)
    if first is None:
        return True
    return any(first <= number <= (last or first) for number in numbers)


def _is_first(policy: Document, policies: list[Document]) -> bool:
    """Whether this one, or a copy of it, is the first that lets in anything: of several that one is told."""
    first = next((one for one in policies if rules_of(one)), policy)
    return first is policy or (rules_of(first), pod_selector(first)) == (rules_of(policy), pod_selector(policy))


def _typed(policy: Document, port: PortOfService, workload: Workload) -> Path | None:
    """Where a policy names the Service's port, by its number or its name, as if it were the Pods' port."""
    for index, rule in enumerate(rules_of(policy)):
        for number, entry in enumerate(as_list(rule.get("ports"))):
            written = as_dict(entry).get("port")
            if written and written in (port.number, port.name) and protocol_of(as_dict(entry)) == port.protocol:
                boxes = [one for box in workload.containers for _, one in box.ports]
                if not any(written in (one.get("containerPort"), one.get("name")) for one in boxes):
                    return ("spec", "ingress", index, "ports", number)
    return None
