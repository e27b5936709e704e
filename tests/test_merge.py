"""Three texts become one, or the places where both sides changed: held against git and against their values."""

from __future__ import annotations

import random
import subprocess

import pytest

from scaffold.alignment import align
from scaffold.merge import Labels, clash, marker_line, merge
from scaffold.reconcile import disagreement

SERVICE = """apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: NodePort
  ports:
    - name: http
      port: 8080
      targetPort: http
      nodePort: 30037
      protocol: TCP
    - name: metrics
      port: 8081
      targetPort: metrics
      nodePort: 30038
      protocol: TCP
    - name: dns
      port: 8082
      targetPort: dns
      nodePort: 30039
      protocol: UDP
"""


def change(text, *pairs):
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def test_changes_in_two_places_are_both_made():
    ours = change(SERVICE, ("  name: web\n", "  name: web\n  labels: {team: shop}\n"))
    theirs = change(SERVICE, ("port: 8082", "port: 53"))

    merged = merge(SERVICE, ours, theirs)

    assert merged.conflicts == []
    assert merged.text() == change(ours, ("port: 8082", "port: 53"))


def test_two_values_of_one_line_are_a_conflict_with_its_line_on_disk():
    ours = change(SERVICE, ("kind: Service\n", "kind: Service\n# ours\n"), ("nodePort: 30038", "nodePort: 30999"))
    theirs = change(SERVICE, ("nodePort: 30038", "nodePort: 30100"))

    merged = merge(SERVICE, ours, theirs)

    [conflict] = merged.conflicts
    assert ours.splitlines()[conflict.line - 1] == "      nodePort: 30999"
    assert (conflict.base, conflict.theirs) == (("      nodePort: 30038",), ("      nodePort: 30100",))
    assert merged.text("ours") == ours
    assert merged.text("theirs") == change(theirs, ("kind: Service\n", "kind: Service\n# ours\n"))


def test_markers_are_those_of_git_with_names(tmp_path):
    ours = change(SERVICE, ("nodePort: 30038", "nodePort: 30999"))
    theirs = change(SERVICE, ("nodePort: 30038", "nodePort: 30100"))

    text = merge(SERVICE, ours, theirs).text("markers", Labels("on disk", "default 1", "default 2"))

    assert text == git(tmp_path, SERVICE, ours, theirs, "on disk", "default 1", "default 2")[1]
    assert marker_line(text) == text.splitlines().index("<<<<<<< on disk") + 1
    assert marker_line(ours) == 0


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        pytest.param("a\nb\nX\n", "a\nb\nX\n", "a\nb\nX\n", id="the-same-change-on-both-sides"),
        pytest.param("a\nb\nc\nX\n", "a\nb\nc\nX\n", "a\nb\nc\nX\n", id="the-same-lines-added-at-the-end"),
        pytest.param("a\nc\n", "a\nb\nc\nd\n", "a\nc\nd\n", id="deleted-here-added-there"),
        pytest.param("a\nc\n", "a\nc\n", "a\nc\n", id="deleted-on-both-sides"),
        pytest.param("", "", "", id="emptied-on-both-sides"),
        pytest.param("X\na\nb\nc\n", "a\nb\nc\nY\n", "X\na\nb\nc\nY\n", id="at-both-ends"),
    ],
)
def test_what_fits_together(ours, theirs, expected):
    merged = merge("a\nb\nc\n", ours, theirs)

    assert (merged.conflicts, merged.text()) == ([], expected)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        pytest.param("a\nX\nc\n", "a\nb\nY\n", id="changed-lines-that-touch"),
        pytest.param("a\nc\n", "a\nY\nc\n", id="deleted-here-changed-there"),
        pytest.param("a\nX\nb\nc\n", "a\nY\nb\nc\n", id="other-lines-added-at-one-place"),
        pytest.param("", "a\nb\nY\n", id="emptied-here-changed-there"),
        pytest.param("a\nc\n", "a\nb\nX\nc\n", id="added-behind-a-line-that-is-deleted"),
    ],
)
def test_what_does_not_fit_together_is_a_conflict(ours, theirs):
    merged = merge("a\nb\nc\n", ours, theirs)

    assert merged.conflicts
    assert (merged.text("ours"), merged.text("theirs")) == (ours, theirs)


def test_a_value_and_a_line_added_below_it_are_no_conflict():
    base = "containers:\n  - name: web\n    image: web:1\n    ports: []\n"
    ours = change(base, ("web:1\n", "web:1\n    imagePullPolicy: Always\n"))
    theirs = change(base, ("web:1", "web:2"))

    merged = merge(base, ours, theirs)

    assert (merged.conflicts, merged.text()) == ([], change(ours, ("web:1", "web:2")))


def test_values_of_two_lines_that_touch_are_no_conflict():
    merged = merge("a: 1\nb: 1\nc: 1\n", "a: 2\nb: 1\nc: 1\n", "a: 1\nb: 2\nc: 1\n")

    assert (merged.conflicts, merged.text()) == ([], "a: 2\nb: 2\nc: 1\n")


def test_a_port_added_by_hand_never_takes_what_is_meant_for_its_neighbour():
    added = "    - name: admin\n      port: 9000\n      targetPort: admin\n      protocol: TCP\n"
    ours = change(SERVICE, ("    - name: metrics\n", f"{added}    - name: metrics\n"))
    theirs = change(SERVICE, ("nodePort: 30037\n      protocol: TCP", "nodePort: 30037\n      protocol: SCTP"))

    merged = merge(SERVICE, ours, theirs)

    # its last line says what the line that changes said, so it could stand before it or behind it
    assert len(merged.conflicts) == 1
    assert merged.text("ours") == ours


def test_a_port_renamed_by_hand_still_gets_the_new_number():
    ours = change(SERVICE, ("- name: metrics", "- name: prom"), ("targetPort: metrics", "targetPort: prom"))
    theirs = change(SERVICE, ("port: 8081", "port: 9091"))

    merged = merge(SERVICE, ours, theirs)

    assert (merged.conflicts, merged.text()) == ([], change(ours, ("port: 8081", "port: 9091")))


def test_a_moved_port_keeps_its_own_lines():
    lines = SERVICE.splitlines(keepends=True)
    ours = "".join([*lines[:7], *lines[17:22], *lines[7:17]])
    theirs = change(SERVICE, ("nodePort: 30038\n      protocol: TCP", "nodePort: 30038\n      protocol: SCTP"))

    merged = merge(SERVICE, ours, theirs)

    assert (merged.conflicts, merged.text()) == (
        [],
        change(ours, ("30038\n      protocol: TCP", "30038\n      protocol: SCTP")),
    )


@pytest.mark.parametrize("last", ["", "\n"], ids=["no-final-line-break", "final-line-break"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_the_file_keeps_its_line_ends(end, last):
    ours = change(SERVICE, ("  name: web\n", "  name: web  # ours\n")).rstrip("\n").replace("\n", end) + last.replace(
        "\n", end
    )
    theirs = change(
        SERVICE, ("port: 8082", "port: 53"), ("      protocol: UDP\n", "      protocol: UDP\n    - name: x\n")
    )

    merged = merge(SERVICE, ours, theirs)

    wanted = change(theirs, ("  name: web\n", "  name: web  # ours\n")).rstrip("\n").replace("\n", end)
    assert (merged.conflicts, merged.text()) == ([], wanted + last.replace("\n", end))


def test_a_byte_order_mark_and_broken_bytes_stay():
    ours = "\ufeff" + change(SERVICE, ("  name: web\n", "  name: web  # \udcff\n"))
    theirs = change(SERVICE, ("port: 8082", "port: 53"))

    assert merge(SERVICE, ours, theirs).text() == change(ours, ("port: 8082", "port: 53"))


def test_line_ends_that_are_mixed_stay_as_they_are():
    ours = change(SERVICE, ("kind: Service\n", "kind: Service\r\n"))
    theirs = change(SERVICE, ("port: 8082", "port: 53"))

    assert merge(SERVICE, ours, theirs).text() == change(ours, ("port: 8082", "port: 53"))


def test_a_whole_file_as_one_conflict_has_both_texts_in_it():
    ours, theirs = change(SERVICE, ("port: 8081", "port: 1")), change(SERVICE, ("port: 8080", "port: 2"))

    merged = clash(SERVICE, ours, theirs)

    [conflict] = merged.conflicts
    assert conflict.line == 9
    assert (merged.text("ours"), merged.text("theirs")) == (ours, theirs)


def test_what_repeats_is_told_apart_by_what_it_stands_under():
    old = SERVICE.splitlines()
    new = [*old[:7], *old[12:]]

    assert align(old, new) == [(at, at if at < 7 else at - 5) for at in range(len(old)) if not 7 <= at < 12]


# --- against git, over many edits ------------------------------------------------------------------------------------


def git(folder, base, ours, theirs, *names):
    """`git merge-file --diff3`: its exit code and its text."""
    for name, text in (("base", base), ("ours", ours), ("theirs", theirs)):
        (folder / name).write_bytes(text.encode())
    labels = [word for name in names for word in ("-L", name)]
    words = ["git", "merge-file", "--diff3", "-p", *labels, "ours", "base", "theirs"]
    done = subprocess.run(words, cwd=folder, capture_output=True, check=False)
    return done.returncode, done.stdout.decode()


def edited(text, dice, tag):
    """A text after a few edits such as people make; each leaves a mark of its own."""
    lines = text.splitlines()
    for number in range(dice.randint(1, 3)):
        at = dice.randrange(1, len(lines))
        indent = " " * (len(lines[at]) - len(lines[at].lstrip(" -")))
        kind = dice.choice(["value", "comment", "trailing", "field", "delete", "block"])
        mark = f"{tag}{number}"
        if kind == "value" and ": " in lines[at]:
            lines[at] = f"{lines[at].split(': ')[0]}: {mark}"
        elif kind == "comment":
            lines.insert(at, f"{indent}# {mark}")
        elif kind == "trailing":
            lines[at] += f"  # {mark}"
        elif kind == "field":
            lines.insert(at + 1, f"{indent}{mark}: 1")
        elif kind == "delete":
            del lines[at]
        elif kind == "block":
            start = 7 + 5 * dice.randrange(3)
            lines[start:start] = [f"    - name: {mark}", "      port: 1", "      protocol: TCP"]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("part", range(4))
def test_thousands_of_edits_lose_nothing_and_agree_with_git(tmp_path, part):
    counts = {"both clean": 0, "ours only": 0, "git only": 0, "both conflict": 0}
    for seed in range(part * 300, part * 300 + 300):
        dice = random.Random(seed)
        ours, theirs = edited(SERVICE, dice, "ours"), edited(SERVICE, dice, "theirs")
        merged = merge(SERVICE, ours, theirs)
        code, text = git(tmp_path, SERVICE, ours, theirs)
        whole = merged.text()
        lines = whole.splitlines()
        # every line that somebody wrote is in the result, as often as they wrote it
        for side in (ours, theirs):
            for line in set(side.splitlines()) - set(SERVICE.splitlines()):
                assert lines.count(line) >= side.splitlines().count(line), (seed, line)
        assert bool(merged.conflicts) == bool(marker_line(whole))
        if not merged.conflicts and code == 0:
            assert whole == text, seed
        counts[
            ("both clean" if code == 0 else "ours only")
            if not merged.conflicts
            else ("git only" if code == 0 else "both conflict")
        ] += 1
    # git's own judgement of what touches is kept, but for values on lines of their own
    assert counts["both clean"] > 100
    assert counts["git only"] < counts["ours only"]


# --- values ----------------------------------------------------------------------------------------------------------


def test_text_that_says_what_the_values_come_to_is_right():
    ours = change(SERVICE, ("port: 8081", "port: 9091  # ours"))
    theirs = change(SERVICE, ("protocol: UDP", "protocol: SCTP"))

    assert disagreement(SERVICE, ours, theirs, merge(SERVICE, ours, theirs).text()) is None


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        pytest.param(
            change(SERVICE, ("  type: NodePort\n", "  type: NodePort\n  sessionAffinity: ClientIP\n")),
            f"{SERVICE}  sessionAffinity: None\n",
            "spec.sessionAffinity twice",
            id="a-key-that-both-add-in-two-places",
        ),
        pytest.param(
            change(SERVICE, ("    - name: http\n", "    - {name: grpc, port: 1}\n    - name: http\n")),
            change(SERVICE, ("    - name: dns\n", "    - {name: grpc, port: 2}\n    - name: dns\n")),
            "spec.ports",
            id="a-port-that-both-add-in-two-places",
        ),
        pytest.param(
            change(SERVICE, ("- name: dns", "- name: names"), ("targetPort: dns", "targetPort: names")),
            change(SERVICE, ("protocol: UDP", "protocol: SCTP")),
            "spec.ports.dns",
            id="half-of-a-port-that-is-another-one-now",
        ),
    ],
)
def test_text_that_says_something_else_is_found(ours, theirs, said):
    merged = merge(SERVICE, ours, theirs)

    assert merged.conflicts == []
    assert said in str(disagreement(SERVICE, ours, theirs, merged.text()))


def test_a_template_that_is_no_yaml_has_no_values():
    text = "a: {{ .Values.a }}\nb: {{ .Values.b }}\n"

    assert disagreement(text, text, text, text) is None
