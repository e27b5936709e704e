"""A field of a Pod with a value that the API server does not take.

`hostname` and `subdomain` are DNS labels, names of accounts and classes are DNS names, `dnsPolicy: None` needs a
nameserver under `dnsConfig`, and addresses of `hostAliases` are IP addresses. Ephemeral containers are added to a Pod
that runs, and stand in no manifest. `priority` and `overhead` come from the classes that the Pod names: another value
is refused in a Pod, and in every Pod that a template makes.

Fails:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      dnsPolicy: None
      containers:
        - {name: web, image: "nginx:1.27"}

Passes:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      dnsPolicy: None
      dnsConfig: {nameservers: [10.0.0.10]}
      containers:
        - {name: web, image: "nginx:1.27"}

Mend: write a value that fits, or drop the line.

Source: pkg/apis/core/validation/validation.go, ValidatePodSpec and ValidatePodCreate; plugin/pkg/admission, priority
and runtimeclass.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scaffold.checks._pods import Report, address, entries, pod_of, texts
from scaffold.names import label, label_key, subdomain
from scaffold.shapes import as_list, as_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Effect, Finding

ID = "pod-field-invalid"

# What the cluster itself brings; another class may say anything.
_PRIORITIES = {"": 0, "system-cluster-critical": 2000000000, "system-node-critical": 2000001000}
_ADMITTED = frozenset(("priority", "preemptionPolicy", "overhead"))
_PART = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SEARCH = rf"{_PART}(\.{_PART})*"
_SERVERS, _SEARCHES, _LENGTH, _HOST = 3, 32, 2048, 64


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every field of the Pod's spec that has a rule of its own."""
    pod = pod_of(document)
    report = Report()
    # the controller of a StatefulSet writes these itself
    owned = ("hostname", "subdomain") if document.kind == "StatefulSet" else ()
    for key, value in pod.items():
        judge = _FIELDS.get(key)
        if judge is not None and value is not None and key not in owned:
            judge(report, pod, facts)
    if pod.get("dnsPolicy") == "None":
        _no_policy(report, pod)
    if not _ADMITTED.isdisjoint(pod):
        _admission(report, pod, alone=document.kind == "Pod")
    yield from report.findings(document)


def _admission(report: Report, pod: Mapping[str, Any], *, alone: bool) -> None:
    """What admission refuses in a Pod; a template with it is accepted, and none of its Pods."""
    effect: Effect = "refused" if alone else "broken"
    name, number = pod.get("priorityClassName") or "", as_number(pod.get("priority"))
    known = _PRIORITIES.get(name) if isinstance(name, str) else None
    if known is not None and number is not None and number != known:
        message = f"priority {number} is not the one of {name or 'a Pod without priorityClassName'}, {known}"
        report.add(("priority",), message, "drop it, and write priorityClassName", effect=effect)
    if known is not None and pod.get("preemptionPolicy") == "Never":
        message = "preemptionPolicy Never comes from a PriorityClass that says so"
        report.add(("preemptionPolicy",), message, "drop it, and write that priorityClassName", effect=effect)
    if pod.get("overhead") is not None and not pod.get("runtimeClassName"):
        report.add(("overhead",), "overhead comes with a runtimeClassName only", "drop overhead", effect=effect)


def _named(key: str, rule: Callable[[str], str | None], *, empty: bool = True) -> Callable[..., None]:
    def judge(report: Report, pod: Mapping[str, Any], facts: Facts) -> None:  # noqa: ARG001
        report.named(pod, (), key, rule, empty=empty)

    return judge


def _account(report: Report, pod: Mapping[str, Any], facts: Facts) -> None:  # noqa: ARG001
    """The old name of serviceAccountName, which counts where that one is not written."""
    if not pod.get("serviceAccountName"):
        report.named(pod, (), "serviceAccount", subdomain, field=("serviceAccountName",))


def _host(report: Report, pod: Mapping[str, Any], facts: Facts) -> None:
    if facts.before(35):
        return
    name, where = pod["hostnameOverride"], ("hostnameOverride",)
    if isinstance(name, str) and len(name) > _HOST:
        report.add(where, f"hostnameOverride has {len(name)} characters, {_HOST} are allowed")
    report.named(pod, (), "hostnameOverride", subdomain, empty=False)
    for key in ("setHostnameAsFQDN", "hostNetwork"):
        if pod.get(key) is True:
            report.add(where, f"hostnameOverride goes with no {key}", "drop one of them")


def _aliases(report: Report, pod: Mapping[str, Any], facts: Facts) -> None:
    # 1.29 named no entry
    strict, old = not facts.before(36), facts.before(30)
    for path, alias in entries(pod["hostAliases"], ("hostAliases",)):
        text = "" if alias.get("ip") is None else alias.get("ip")
        if isinstance(text, str) and (reason := address(text, strict=strict)):
            where = (*path, "ip")
            report.add(where, f"{text!r} {reason}", "such as 10.0.0.1", field="hostAliases.ip" if old else where)
        for index, name in texts(alias.get("hostnames")):
            if reason := subdomain(name):
                where = (*path, "hostnames", index)
                report.add(where, f"host name {name!r} {reason}", field="hostAliases.hostnames" if old else where)


def _dns(report: Report, pod: Mapping[str, Any], facts: Facts) -> None:
    config = pod["dnsConfig"]
    if not isinstance(config, dict):
        return
    servers, searches = as_list(config.get("nameservers")), as_list(config.get("searches"))
    if len(servers) > _SERVERS:
        report.add(("dnsConfig", "nameservers"), f"{len(servers)} nameservers, {_SERVERS} are allowed", "drop some")
    for index, text in texts(servers):
        if reason := address(text, strict=not facts.before(36)):
            report.add(("dnsConfig", "nameservers", index), f"{text!r} {reason}", "such as 10.0.0.10")
    if len(searches) > _SEARCHES or sum(len(one) + 1 for one in searches if isinstance(one, str)) > _LENGTH + 1:
        message = f"{_SEARCHES} search domains of {_LENGTH} characters together are allowed"
        report.add(("dnsConfig", "searches"), message, "drop some")
    for index, text in texts(searches):
        if reason := _search(text, old=facts.before(33)):
            report.add(("dnsConfig", "searches", index), f"search domain {text!r} {reason}", "such as example.com")
    for path, option in entries(config.get("options"), ("dnsConfig", "options")):
        if option.get("name") in (None, ""):
            report.add((*path, "name"), "the option has no name", "such as ndots", field=path)


def _search(text: str, *, old: bool) -> str | None:
    if old or text == ".":
        return subdomain(text.removesuffix(".")) if old else None
    name = text.removesuffix(".")
    return None if len(name) <= 253 and re.fullmatch(_SEARCH, name) else "is no DNS name"


def _no_policy(report: Report, pod: Mapping[str, Any]) -> None:
    config = pod.get("dnsConfig")
    if config is None:
        report.add(("dnsConfig",), "dnsPolicy None needs dnsConfig", "write its nameservers")
    elif isinstance(config, dict) and config.get("nameservers") in (None, []):
        report.add(("dnsConfig", "nameservers"), "dnsPolicy None needs a nameserver", "write one under nameservers")


def _readiness(report: Report, pod: Mapping[str, Any], facts: Facts) -> None:  # noqa: ARG001
    for path, gate in entries(pod["readinessGates"], ("readinessGates",)):
        name = gate.get("conditionType") or ""
        if isinstance(name, str) and (reason := label_key(name)):
            report.add((*path, "conditionType"), f"conditionType {name!r} {reason}", "such as example.com/ready")


def _claims(report: Report, pod: Mapping[str, Any], facts: Facts) -> None:
    if facts.before(34):
        return
    seen: set[str] = set()
    for path, claim in entries(pod["resourceClaims"], ("resourceClaims",)):
        name = claim.get("name")
        report.named(claim, path, "name", label, required=True)
        if isinstance(name, str) and name:
            if name in seen:
                report.add((*path, "name"), f"claim {name} is already in this Pod", "rename one of them")
            seen.add(name)
        sources = [key for key in ("resourceClaimName", "resourceClaimTemplateName") if claim.get(key) is not None]
        if len(sources) != 1:
            has = f"has {' and '.join(sources)}" if sources else "names no claim and no template"
            report.add(path, f"the claim {has}", "write resourceClaimName or resourceClaimTemplateName")
        for key in sources:
            report.named(claim, path, key, subdomain, empty=False)


def _deadline(report: Report, pod: Mapping[str, Any], facts: Facts) -> None:  # noqa: ARG001
    report.whole(pod, (), "activeDeadlineSeconds", 1, 2**31 - 1)


def _preemption(report: Report, pod: Mapping[str, Any], facts: Facts) -> None:  # noqa: ARG001
    report.word(pod, (), "preemptionPolicy", ("PreemptLowerPriority", "Never"), empty=False)


def _ephemeral(report: Report, pod: Mapping[str, Any], facts: Facts) -> None:  # noqa: ARG001
    if pod["ephemeralContainers"] and isinstance(pod["ephemeralContainers"], list):
        hint = "drop them, and use kubectl debug on a Pod that runs"
        report.add(("ephemeralContainers",), "ephemeral containers stand in no manifest", hint)


_FIELDS: dict[str, Callable[[Report, Mapping[str, Any], Facts], None]] = {
    "hostname": _named("hostname", label),
    "subdomain": _named("subdomain", label),
    "serviceAccountName": _named("serviceAccountName", subdomain),
    "serviceAccount": _account,
    "priorityClassName": _named("priorityClassName", subdomain),
    "runtimeClassName": _named("runtimeClassName", subdomain, empty=False),
    "hostnameOverride": _host,
    "hostAliases": _aliases,
    "dnsConfig": _dns,
    "readinessGates": _readiness,
    "resourceClaims": _claims,
    "activeDeadlineSeconds": _deadline,
    "preemptionPolicy": _preemption,
    "ephemeralContainers": _ephemeral,
}
