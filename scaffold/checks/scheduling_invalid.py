"""A wish about nodes that the API server does not take: affinity, tolerations, spreading, gates.

Expressions have a key and one of the operators, with values for In and none for Exists; weights are 1 to 100; terms of
Pod affinity have a `topologyKey`; a toleration without a key has the operator Exists, and `tolerationSeconds` belongs
to NoExecute. A spread constraint has `maxSkew` above 0, a `topologyKey` and a `whenUnsatisfiable`.

Fails:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      tolerations: [{effect: NoSchedule}]
      containers:
        - {name: web, image: "nginx:1.27"}

Passes:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      tolerations: [{operator: Exists, effect: NoSchedule}]
      containers:
        - {name: web, image: "nginx:1.27"}

Mend: write what is missing, with one of the words that the field takes.

Source: pkg/apis/core/validation/validation.go, validateAffinity, ValidateTolerations,
validateTopologySpreadConstraints and validateSchedulingGates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.checks._pods import Report, entries, pod_of, texts
from scaffold.checks._references import tolerates
from scaffold.names import label, label_key, subdomain
from scaffold.shapes import as_dict, field_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Path

ID = "scheduling-invalid"

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")
_ACTIONS = ("DoNotSchedule", "ScheduleAnyway")


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Everything in the Pod's spec that chooses its node."""
    pod = pod_of(document)
    report = Report()
    if pod.get("nodeSelector"):
        report.labels(pod["nodeSelector"], ("nodeSelector",))
    if pod.get("nodeName"):
        report.named(pod, (), "nodeName", subdomain)
    if pod.get("tolerations"):
        for path, toleration in entries(pod["tolerations"], ("tolerations",)):
            tolerates(report, toleration, path)
    affinity, constraints = pod.get("affinity"), pod.get("topologySpreadConstraints")
    if affinity or constraints:
        labels = as_dict(as_dict(document.data.get("metadata")).get("labels")) if document.kind == "Pod" else {}
        if isinstance(affinity, dict):
            _affinity(report, affinity, labels, facts)
        _spread(report, constraints, labels, facts)
    if pod.get("schedulingGates"):
        _gates(report, pod, pod_alone=document.kind == "Pod")
    yield from report.findings(document)


def _gates(report: Report, pod: Mapping[str, Any], *, pod_alone: bool) -> None:
    seen: set[str] = set()
    for path, gate in entries(pod["schedulingGates"], ("schedulingGates",)):
        name = gate.get("name") or ""
        if not isinstance(name, str):
            continue
        if reason := label_key(name):
            report.add((*path, "name"), f"gate {name!r} {reason}", "such as example.com/quota", field=path)
        elif name in seen:
            report.add((*path, "name"), f"gate {name} is already in this Pod", "drop one of them", field=path)
        seen.add(name)
    if pod_alone and pod.get("nodeName"):
        report.add(("nodeName",), "nodeName goes with no schedulingGates", "drop one of them")


def _affinity(report: Report, affinity: Mapping[str, Any], labels: Mapping[str, Any], facts: Facts) -> None:
    nodes = affinity.get("nodeAffinity")
    if isinstance(nodes, dict):
        _nodes(report, nodes, ("affinity", "nodeAffinity"), values_checked=not facts.before(33))
    # before 1.31 the keys are dropped unseen
    known = None if facts.before(31) else labels
    for kind in ("podAffinity", "podAntiAffinity"):
        pods = affinity.get(kind)
        if not isinstance(pods, dict):
            continue
        base = ("affinity", kind)
        for path, term in entries(pods.get(_REQUIRED), (*base, _REQUIRED)):
            _pods(report, term, path, known)
        for path, term in entries(pods.get(_PREFERRED), (*base, _PREFERRED)):
            report.whole(term, path, "weight", 1, 100, missing=True)
            inner = term.get("podAffinityTerm")
            if inner is None or isinstance(inner, dict):
                _pods(report, inner or {}, (*path, "podAffinityTerm"), known)


def _nodes(report: Report, nodes: Mapping[str, Any], base: Path, *, values_checked: bool) -> None:
    required = nodes.get(_REQUIRED)
    if isinstance(required, dict):
        path = (*base, _REQUIRED)
        if report.required(required, path, "nodeSelectorTerms"):
            for where, term in entries(required.get("nodeSelectorTerms"), (*path, "nodeSelectorTerms")):
                _term(report, term, where, values_checked=values_checked)
    for path, wish in entries(nodes.get(_PREFERRED), (*base, _PREFERRED)):
        report.whole(wish, path, "weight", 1, 100, missing=True)
        # the server lets labels that no node can have pass here
        _term(report, as_dict(wish.get("preference")), (*path, "preference"), values_checked=False)


def _term(report: Report, term: Mapping[str, Any], path: Path, *, values_checked: bool) -> None:
    for where, entry in entries(term.get("matchExpressions"), (*path, "matchExpressions")):
        report.requirement(entry, where, _OPERATORS, values_checked=values_checked)
    for where, entry in entries(term.get("matchFields"), (*path, "matchFields")):
        report.word(entry, where, "operator", ("In", "NotIn"), what="operator of a field", required=True)
        values = entry.get("values")
        if (
            entry.get("operator") in ("In", "NotIn")
            and (values is None or isinstance(values, list))
            and len(values or ()) != 1
        ):
            report.add((*where, "values"), "a field takes exactly one value", "write one value")
        if entry.get("key") != "metadata.name":
            report.add((*where, "key"), f"{entry.get('key')!r} is no field of a node", "write metadata.name")
        else:
            for index, value in texts(values):
                if reason := subdomain(value):
                    report.add((*where, "values", index), f"node name {value!r} {reason}")


def _pods(report: Report, term: Mapping[str, Any], path: Path, labels: Mapping[str, Any] | None) -> None:
    selector = term.get("labelSelector")
    report.selector(selector, (*path, "labelSelector"))
    report.selector(term.get("namespaceSelector"), (*path, "namespaceSelector"))
    for index, name in texts(term.get("namespaces")):
        if reason := label(name):
            report.add((*path, "namespaces", index), f"namespace {name!r} {reason}", field=(*path, "namespace"))
    if labels is not None:
        _label_keys(report, term, path, labels)
    key = "" if term.get("topologyKey") is None else term.get("topologyKey")
    if isinstance(key, str) and (reason := label_key(key)):
        message = f"topologyKey {key!r} {reason}" if key else "the term has no topologyKey"
        report.add((*path, "topologyKey"), message, "such as kubernetes.io/hostname")


def _label_keys(report: Report, term: Mapping[str, Any], path: Path, labels: Mapping[str, Any]) -> None:
    """Keys whose values the API server takes from the Pod's own labels, for a Pod before it looks."""
    selector = term.get("labelSelector")
    matched = [key for _, key in texts(term.get("matchLabelKeys"))]
    mismatched = [key for _, key in texts(term.get("mismatchLabelKeys"))]
    for name, keys in (("matchLabelKeys", matched), ("mismatchLabelKeys", mismatched)):
        if keys and selector is None:
            report.add((*path, name), f"{name} without a labelSelector", "write the labelSelector")
            continue
        for index, key in enumerate(keys):
            if reason := label_key(key):
                report.add((*path, name, index), f"key {key!r} {reason}")
    if not matched or not isinstance(selector, dict):
        return
    written = [entry.get("key") for _, entry in entries(selector.get("matchExpressions"), ())]
    written += [key for key in (*matched, *mismatched) if key in labels]
    seen = set(as_dict(selector.get("matchLabels")))
    for own in written:
        if not isinstance(own, str):
            continue
        if own in matched and own in seen:
            # the API server points at the last of them
            index = len(matched) - 1 - matched[::-1].index(own)
            where, place = (*path, "matchLabelKeys", index), (*path, index)
            report.add(where, f"{own} is in matchLabelKeys and in labelSelector", "drop one of them", field=place)
        seen.add(own)
    for index, key in enumerate(matched):
        if key in mismatched:
            message = f"{key} is in matchLabelKeys and in mismatchLabelKeys"
            report.add((*path, "matchLabelKeys", index), message, "drop one of them")


def _spread(report: Report, constraints: object, labels: Mapping[str, Any], facts: Facts) -> None:
    pairs: dict[tuple[object, object], Path] = {}
    for path, one in entries(constraints, ("topologySpreadConstraints",)):
        report.whole(one, path, "maxSkew", 1, missing=True)
        report.required(one, path, "topologyKey")
        report.word(one, path, "whenUnsatisfiable", _ACTIONS, required=True)
        pair = one.get("topologyKey"), one.get("whenUnsatisfiable")
        if all(isinstance(part, str) for part in pair):
            if pair in pairs:
                message = f"two constraints with {pair[0]} and {pair[1]}"
                field = f"{field_name(pairs[pair])}.{{topologyKey, whenUnsatisfiable}}"
                report.add(path, message, "keep one of them", field=field)
            pairs.setdefault(pair, path)
        if one.get("minDomains") is not None:
            report.whole(one, path, "minDomains", 1)
            if pair[1] != "DoNotSchedule":
                message = "minDomains belongs to whenUnsatisfiable: DoNotSchedule"
                report.add((*path, "minDomains"), message, "drop minDomains")
        for key in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            report.word(one, path, key, ("Honor", "Ignore"), empty=False)
        report.selector(one.get("labelSelector"), (*path, "labelSelector"))
        if not one.get("matchLabelKeys"):
            continue
        if facts.before(34):
            _older_keys(report, one, (*path, "matchLabelKeys"))
        else:
            _label_keys(report, {**one, "mismatchLabelKeys": None}, path, labels)


def _older_keys(report: Report, constraint: Mapping[str, Any], path: Path) -> None:
    """Up to 1.33 each key is looked at by itself, and the Pod's labels have no part in it."""
    selector = as_dict(constraint.get("labelSelector"))
    held: list[Any] = [*as_dict(selector.get("matchLabels"))]
    held += [entry.get("key") for _, entry in entries(selector.get("matchExpressions"), ())]
    if constraint.get("labelSelector") is None:
        report.add(path, "matchLabelKeys without a labelSelector", "write the labelSelector")
    for index, key in texts(constraint["matchLabelKeys"]):
        if reason := label_key(key):
            report.add((*path, index), f"key {key!r} {reason}")
        if key in held:
            report.add((*path, index), f"{key} is in matchLabelKeys and in labelSelector", "drop one of them")
