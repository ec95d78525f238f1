# SPDX-License-Identifier: Apache-2.0
"""What a figure of ours has to reach, and whether it does. A missed target is no fault of a run."""

# (case, peer or "" where there is none, figure, at least or at most, value)
TARGETS = [
    ("fanout-sat1-1000", "ws", "cpu", ">=", 2.8),
    ("fanout-sat1-10000", "ws", "cpu", ">=", 2.4),
    ("fanout-sat16-1000", "ws", "cpu", ">=", 14),
    ("fanout-sat16-10000", "ws", "cpu", ">=", 16),
    ("fanout-tls-*", "nchan", "cpu", ">=", 2),
    ("fanout-rate-10000", "nchan", "p99", ">=", 2),
    ("fanout-sse-*", "ours-ws", "sse/ws", "<=", 1.5),
    ("fanout-h2-*", "ours-ws", "h2/ws", "<=", 1.5),
    ("storm", "", "http_p99_ms", "<=", 50),
    ("slow-clear", "", "bytes_per_sub", "<=", 1024),
    ("slow-tls", "", "bytes_per_sub", "<=", 4096),
    ("spike", "netty", "share_idle", "<=", 30),
    ("spike", "netty", "share_peak", "<=", 30),
    ("cache-hit-clear", "nginx", "cpu", ">=", 1.3),
    ("cache-hit-clear", "varnish-file", "cpu", ">=", 1.3),
    ("cache-hit-clear", "varnish-malloc", "cpu", ">=", 1.3),
    ("cache-hit-tls", "nginx", "cpu", ">=", 1.2),
    ("cache-1m-clear", "nginx", "cpu", ">=", 1.0),
    ("dns-plain", "gdnsd", "rate", ">=", 1.0),
    ("dns-plain", "knot-geo", "rate", ">=", 1.0),
    ("dns-ecs", "gdnsd", "rate", ">=", 1.3),
    ("dns-ecs", "knot-geo", "rate", ">=", 1.3),
    ("dns-half", "gdnsd", "p99", ">=", 1.0),
    ("dns-half", "knot-geo", "p99", ">=", 1.0),
    ("geo-lookup", "", "v4_random_ns", "<=", 100),
    ("geo-lookup", "", "v4_networks_ns", "<=", 100),
    ("geo-lookup", "", "v6_networks_ns", "<=", 100),
    ("geo-lookup", "", "mib", "<=", 64),
    ("geo-lookup", "", "build_s", "<=", 20),
    ("geo-lookup", "", "node_down_ms", "<=", 100),
    ("curve-channels", "", "bytes_per_channel", "<=", 200),
]


def matches(pattern, case):
    return case == pattern or pattern.endswith("*") and case.startswith(pattern[:-1])


def check(case, peer, figures):
    """TARGET lines of the figures that have one."""
    lines = []
    for pattern, whose, key, way, value in TARGETS:
        got = figures.get(key)
        if not matches(pattern, case) or whose != peer or got is None:
            continue
        met = got >= value if way == ">=" else got <= value
        lines.append("TARGET case=%s%s %s=%.4g %s %g %s" % (
            case, " peer=" + peer if peer else "", key, got, way, value,
            "met" if met else "MISSED"))
    return lines
