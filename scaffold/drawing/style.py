"""How a picture looks, in light and dark."""

from __future__ import annotations

# the same hop the same colour as in a terminal: client, load balancer, node, service, pod
_LIGHT = {
    "bg": "#fff",
    "ink": "#1f2328",
    "dim": "#59636e",
    "line": "#8c959f",
    "card": "#f6f8fa",
    "client": "#59636e",
    "lb": "#0e7490",
    "node": "#0969da",
    "service": "#1a7f37",
    "pod": "#8250df",
    "bad": "#cf222e",
    "warn": "#9a6700",
}
_DARK = {
    "bg": "#0d1117",
    "ink": "#e6edf3",
    "dim": "#9198a1",
    "line": "#6e7681",
    "card": "#161b22",
    "client": "#9198a1",
    "lb": "#39c5cf",
    "node": "#58a6ff",
    "service": "#3fb950",
    "pod": "#bc8cff",
    "bad": "#ff7b72",
    "warn": "#d29922",
}
_SHAPES = """
.d{font-family:ui-sans-serif,system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
.d text{font-size:14px}
.d .c{stroke-width:1.5}.d .q{stroke-dasharray:5 4}
.d text.k{font-size:12px;font-weight:600;letter-spacing:.04em}
.d text.s,.d text.o,.d .m{font-size:12px}.d .m{font-weight:400}
.d text.n{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-weight:600}
.d text.h{font-size:15px;font-weight:600}
.d text.f{font-size:12.5px}
.d .e,.d .e-bad,.d .e-warn,.d .e-off,.d .x{fill:none;stroke-width:1.6}.d .e-bad,.d .x{stroke-width:2}
.d .e-off{stroke-width:1.2;stroke-dasharray:2 4}
"""
# no variables: not every viewer of pictures knows them
_COLOURS = """
.d .bg{fill:%(bg)s}.d text{fill:%(ink)s}.d .c{fill:%(card)s}
.d .client{stroke:%(client)s}.d .lb{stroke:%(lb)s}.d .node{stroke:%(node)s}
.d .service{stroke:%(service)s}.d .pod{stroke:%(pod)s}
.d .k-client{fill:%(client)s}.d .k-lb{fill:%(lb)s}.d .k-node{fill:%(node)s}
.d .k-service{fill:%(service)s}.d .k-pod{fill:%(pod)s}
.d text.s,.d text.o,.d .m{fill:%(dim)s}.d text.bad{fill:%(bad)s}.d text.warn{fill:%(warn)s}
.d .e,.d .e-off{stroke:%(line)s}.d .e-bad,.d .x{stroke:%(bad)s}.d .e-warn{stroke:%(warn)s}
.d .a,.d .a-off{fill:%(line)s}.d .a-warn{fill:%(warn)s}
"""
STYLE = f"{_SHAPES}{_COLOURS % _LIGHT}@media (prefers-color-scheme:dark){{{_COLOURS % _DARK}}}".replace("\n", "")
