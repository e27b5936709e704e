"""svcgen: a Kubernetes Service and a Deployment whose ports cannot be wrong.

The house is an assembly line. `commands/new.py` is these steps, each with one kind of value at its end:

    answers.gather + wizard -> answers     flags, App documents, config, and what only a person knows
    spec.parse              -> AppSpec     what the user wants; numbers still open
    sources.taken           -> TakenPorts  what is in use, and who says so
    allocate.plan           -> PortPlan    the numbers, each with its reason
    render.Renderer         -> RenderedFile    text, still in memory
    verify.verify           -> problems    the text read again: agrees with the plan, passes the rules of `check`
    write.write_all         -> WriteResult all files or none
    summary, report         what people see

`commands/explain.py` goes another way: manifests.Reading -> checks.Run -> trace.of_tree -> forms (a Service with its
routes) -> `drawing/` and report. What `check` says and what `explain` draws come from the same places: `facts`,
`endpoints`, `policies`. `svcgen ports` is sources.taken -> occupancy.survey -> report.ports, or ->
allocate.free_node_ports.

`build.py` is the middle (plan, render, verify) for one app or a thousand. `svcgen update` goes the same way from the
saved App specs (`rebuild.py`): `past.py` says what was written the last time, `outcomes.py` what becomes of each file,
by `merge.py` over lines and `reconcile.py` over values. `trial/` is `svcgen templates check`. Only wizard, sources,
packs, git, config, write, remembered, kubectl and the printing modules touch the world; everything between is values
in, values out. `remembered.py` keeps what was seen in a large tree. `documents.py` reads YAML as kubectl reads it, with
a line for every field; `checks/` has one file a rule. Who may import whom is written in `pyproject.toml` and held by
`tests/test_architecture.py`.
"""

__version__ = "0.1.0"
