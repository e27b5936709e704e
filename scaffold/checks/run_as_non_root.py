"""A container that may not run as root, and does.

With `runAsNonRoot: true` the kubelet starts no container whose user is 0: `container's runAsUser breaks non-root
policy`. Where no `runAsUser` is written the image decides, and Docker's official images of servers and languages start
as root, or as a user by name, which counts as little: `container has runAsNonRoot and image will run as root`. The
object is accepted; the Pod stays in `CreateContainerConfigError`.

Fails:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      securityContext: {runAsNonRoot: true}
      containers:
        - name: web
          image: "nginx:1.27"

Passes:
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      securityContext: {runAsNonRoot: true, runAsUser: 101}
      containers:
        - name: web
          image: "nginxinc/nginx-unprivileged:1.27"

Mend: write a `runAsUser` that the image can work with, or take an image that is made to run without root.

Source: pkg/kubelet/kuberuntime/security_context_others.go, verifyRunAsNonRoot; the Dockerfiles of the official images.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffold.shapes import as_dict, as_number, dig, finding, pod_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffold.documents import Document
    from scaffold.facts import Facts
    from scaffold.model import Finding
    from scaffold.shapes import Container

ID = "run-as-non-root"

# fmt: off
_OFFICIAL = frozenset((
    "alpine", "almalinux", "amazoncorretto", "busybox", "caddy", "centos", "debian", "eclipse-temurin", "fedora",
    "golang", "gradle", "haproxy", "httpd", "mariadb", "maven", "memcached", "mongo", "mysql", "nginx", "node",
    "openjdk", "perl", "php", "postgres", "python", "rabbitmq", "redis", "registry", "rockylinux", "ruby", "rust",
    "tomcat", "traefik", "ubuntu", "wordpress",
))
# fmt: on


def check(document: Document, facts: Facts) -> Iterator[Finding]:
    """Every container that the Pod or the container itself forbids root."""
    workload = facts.workload(document)
    if workload is None:
        return
    pod: dict[str, Any] | None = None
    for container in workload.containers:
        own = as_dict(container.data.get("securityContext"))
        if pod is None:
            pod = as_dict(dig(document.data, (*workload.pod, "securityContext")))
        if (pod if own.get("runAsNonRoot") is None else own).get("runAsNonRoot") is True and not _is_windows(document):
            yield from _container(document, container, own, pod)


def _container(document: Document, container: Container, own: dict[str, Any], pod: dict[str, Any]) -> Iterator[Finding]:
    inside = own.get("runAsUser") is not None
    user = own["runAsUser"] if inside else pod.get("runAsUser")
    if user is not None:
        if as_number(user) == 0:
            where = container.path if inside else pod_path(document)
            message = f"runAsUser 0 and runAsNonRoot: container {container.name} is never started"
            hint = "write the number of a user, or drop runAsNonRoot"
            yield finding(document, (*where, "securityContext", "runAsUser"), message, effect="broken", hint=hint)
        return
    image = container.data.get("image")
    if isinstance(image, str) and (name := _official(image)):
        message = f"the image {name} starts as root or as a user by name, which runAsNonRoot does not let start"
        hint = "write a numeric runAsUser that it can work with, or take an unprivileged image"
        yield finding(document, (*container.path, "image"), message, effect="fragile", hint=hint)


def _is_windows(document: Document) -> bool:
    """Users have names there, not numbers."""
    return bool(dig(document.data, (*pod_path(document), "os", "name")) == "windows")


def _official(image: str) -> str | None:
    """`nginx`, `nginx:1.27` and `docker.io/library/nginx@sha256:...`; none that another registry holds."""
    name = image.partition("@")[0]
    name = name.removeprefix("docker.io/").removeprefix("library/").partition(":")[0]
    return name if name in _OFFICIAL else None
