#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ratio.py RESULTS CASE...: compares ours with each peer of a run of run.sh.

Prints tables of the curves, MEDIAN lines (what each server did), then SKIP, WARN and FAULT lines,
then one RATIO line per comparison and last the TARGET lines (see targets.py). README.md says what
each figure is. Exits 1 when a case has no run of ours, or one with a fault: errors, a message that
was lost or came twice without a gap that owns up to it."""

import re
import statistics
import sys

import targets

RATE = {
    "http1": "rps",
    "http2": "rps",
    "cache": "rps",
    "dns": "qps",
    "tls": "conns_s",
    "fanout": "deliv_s",
}
CPU = {
    "http1": "cpu_us_per_req",
    "http2": "cpu_us_per_req",
    "cache": "cpu_us_per_req",
    "dns": "cpu_us_per_query",
    "tls": "cpu_us_per_conn",
    "fanout": "cpu_us_per_deliv",
}
ERRORS = ("errors", "failed", "bad", "pub_err", "missing", "lost", "dup", "closed", "http_errors")
# What is looked at of a case that is not about rate and CPU: figure, key, divisor.
GEO_KINDS = ("v4_random", "v4_networks", "v6_networks")
OTHERS = {
    "geo": [(k + "_ns", k + "_ns", 1) for k in GEO_KINDS]
    + [(k + "_alone_ns", k + "_alone_ns", 1) for k in GEO_KINDS]
    + [(k, k, 1) for k in ("mib", "build_s", "node_down_ms")],
    "mem": [("bytes_per_conn", "bytes_per_conn", 1)],
    "spike": [("idle_mib", "idle_rss_kb", 1024), ("peak_mib", "peak_rss_kb", 1024)],
    "slow": [
        ("bytes_per_sub", "bytes_per_sub", 1),
        ("grow_bytes_per_sub", "grow_bytes_per_sub", 1),
        ("kernel_bytes_per_sub", "kernel_bytes_per_sub", 1),
        ("healthy_p99_ms", "p99us", 1000),
    ],
    "storm": [
        ("back_s", "back_s", 1),
        ("srv_cpu", "srv_cpu", 1),
        ("meanwhile", "meanwhile", 1),
        ("replayed", "replayed", 1),
        ("http_p50_ms", "http_p50us", 1000),
        ("http_p99_ms", "http_p99us", 1000),
        ("http_max_ms", "http_maxus", 1000),
        ("quiet_p99_ms", "before_p99us", 1000),
    ],
}


def read(path):
    """{case: {peer: [pairs of one run]}} and {(case, peer): why it was skipped}"""
    runs, skipped = {}, {}
    with open(path) as lines:
        for line in lines:
            words = line.split()
            pairs = dict(w.split("=", 1) for w in words[2:] if "=" in w)
            if words[0] == "SKIP":
                skipped[words[1], pairs["peer"]] = " ".join(words[3:])
                continue
            case = words[1] + ("-" + pairs["n"] if words[1].startswith("fanout") else "")
            runs.setdefault(case, {}).setdefault(pairs["peer"], []).append(pairs)
    return runs, skipped


def group_of(case):
    return case.split("-")[0]


def number(run, key):
    text = run.get(key, "")
    return float(text) if re.fullmatch(r"-?[0-9.]+", text) else None


def median(runs, key):
    values = [v for v in (number(r, key) for r in runs) if v is not None]
    return statistics.median(values) if values else None


def faults(case, runs):
    """Why these runs should not be believed, in words."""
    found = []
    # Where nobody may miss anything, a gap is a fault too.
    group = group_of(case)
    keys = ERRORS + (("gaps", "broken") if group in ("storm", "slow") else ())
    if group == "cache" and case != "cache-cold":
        keys += ("origin_fetches",)
    for key in keys:
        worst = max((number(r, key) or 0 for r in runs), default=0)
        if worst > 0:
            found.append("%s=%d" % (key, worst))
    # What has to be there in full: connections, clients that came back, those that are slow.
    whole = {"mem": ("open",), "storm": ("open", "back"), "slow": ("slow", "slow_open")}
    for key in whole.get(group, ()):
        short = [r for r in runs if r.get(key) != r.get("n")]
        if short:
            found.append("%s=%s of %s" % (key, short[0].get(key, "none"), short[0].get("n")))
    if case == "storm" and any(r.get("complete") != "1" for r in runs):
        found.append("complete=0")
    return " ".join(found)


def usable(case, runs):
    group = group_of(case)
    if group == "mem":
        return [r for r in runs if r.get("open") == r.get("n")]
    key = OTHERS[group][0][1] if group in OTHERS else RATE[group]
    # In a flood it may be that nothing but gaps is delivered.
    if "-flood-" in case:
        key = "msg_s"
    return [r for r in runs if (number(r, key) or 0) > 0]


def figures(case, runs):
    """The figures of one server's runs that are compared, or None."""
    runs = usable(case, runs)
    group = group_of(case)
    if not runs:
        return None
    if group in OTHERS:
        values = ((name, median(runs, key), by) for name, key, by in OTHERS[group])
        return {name: v / by for name, v, by in values if v is not None}
    result = {"cpu_us": median(runs, CPU[group]), "rate": median(runs, RATE[group])}
    if case == "tls-resumed":
        result["reused"] = median(runs, "reused_share")
    if "-rate-" in case or case == "dns-half":
        result["p50_us"], result["p99_us"] = median(runs, "p50us"), median(runs, "p99us")
    if "-flood-" in case:
        result["gaps"], result["skipped"] = median(runs, "gaps"), median(runs, "skipped")
    return result


def over(a, b):
    return a / b if a is not None and b else None


def comparison(case, peer, ours, theirs):
    """{figure: ratio}; bigger is better for us unless the name has a / or says share."""
    group = group_of(case)
    if group == "mem":
        return {"mem": over(theirs["bytes_per_conn"], ours["bytes_per_conn"])}
    if group == "geo":
        return {k: over(theirs.get(k + "_ns"), ours.get(k + "_ns")) for k in GEO_KINDS}
    if group == "slow":
        return {"mem": over(theirs["bytes_per_sub"], ours["bytes_per_sub"])}
    if group == "spike":
        result = {}
        for when in ("idle", "peak"):
            a, b = ours.get(when + "_mib"), theirs.get(when + "_mib")
            share = over(a, b)
            result["mem_" + when] = over(b, a)
            result["share_" + when] = share and 100 * share
        return result
    if group == "storm":
        return {}
    if peer == "ours-ws":
        return {case.split("-")[1] + "/ws": over(ours["cpu_us"], theirs["cpu_us"])}
    result = {"cpu": over(theirs["cpu_us"], ours["cpu_us"])}
    result["rate"] = over(ours["rate"], theirs["rate"])
    if "-rate-" in case or case == "dns-half":
        result["p99"] = over(theirs["p99_us"], ours["p99_us"])
    return result


def ratio_line(case, peer, ours, theirs, ratios):
    line = "RATIO case=%s peer=%s" % (case, peer)
    for key, value in ratios.items():
        unit = "%" if key.startswith("share") else ""
        line += " %s=%s" % (key, "none" if value is None else "%.2f%s" % (value, unit))
    if case == "tls-resumed":
        line += " reused=%.3f/%.3f" % (ours["reused"], theirs["reused"])
    return line


def curve(case, by_peer):
    """A curve as a table, and its target lines."""
    lines, wanted = [], []
    for peer, runs in by_peer.items():
        if case == "curve-subs":
            rates = sorted({int(r["drate"]) for r in runs})
            lines += ["", "server CPU in us per delivery, %s" % peer, "",
                      "| subscribers | " + " | ".join("%d/s" % d for d in rates) + " |",
                      "|---" * (len(rates) + 1) + "|"]
            for n in sorted({int(r["n"]) for r in runs}):
                cells = [
                    median([r for r in runs if (r["n"], r["drate"]) == (str(n), str(d))],
                           "cpu_us_per_deliv") for d in rates
                ]
                shown = ["" if c is None else "%.2f" % c for c in cells]
                lines.append("| %d | " % n + " | ".join(shown) + " |")
            continue
        lines += ["", "| channels | kind | RSS grew by, KiB | bytes per channel |",
                  "|---|---|---|---|"]
        for r in runs:
            lines.append("| %s | %s | %s | %s |" % (
                r["n"], r["kind"], r["grow_kb"], r["bytes_per_channel"]))
        idle = [r for r in runs if r["kind"] == "expired"]
        if idle and peer == "ours":
            most = max(idle, key=lambda r: int(r["n"]))
            figure = {"bytes_per_channel": number(most, "bytes_per_channel")}
            wanted += targets.check(case, "", figure)
    return lines, wanted


class Report:
    def __init__(self, runs, skipped):
        self.runs, self.skipped = runs, skipped
        self.tables, self.medians, self.notes, self.ratios, self.targets = [], [], [], [], []
        self.ok, self.fewest = True, 99

    def add(self, case):
        by_peer = self.runs.get(case, {})
        for peer, of_peer in by_peer.items():
            wrong = faults(case, of_peer)
            is_ours = peer in ("ours", "ours-ws", "ours-memory")
            if wrong:
                word = "FAULT" if is_ours else "WARN"
                self.notes.append("%s case=%s peer=%s %s" % (word, case, peer, wrong))
                self.ok = self.ok and not is_ours
        if case.startswith("curve-"):
            lines, wanted = curve(case, by_peer)
            self.tables += lines
            self.targets += wanted
            if "ours" not in by_peer:
                self.lacks_ours(case)
            return
        peers = {p: figures(case, r) for p, r in by_peer.items()}
        for peer, values in peers.items():
            if not values:
                self.notes.append("SKIP case=%s peer=%s no usable run" % (case, peer))
                continue
            shown = " ".join("%s=%.6g" % v for v in values.items() if v[1] is not None)
            used = len(usable(case, by_peer[peer]))
            self.medians.append("MEDIAN case=%s peer=%s runs=%d %s" % (case, peer, used, shown))
            self.fewest = min(self.fewest, used)
        self.notes += ["SKIP case=%s peer=%s %s" % (c, p, why)
                       for (c, p), why in self.skipped.items() if c == case]
        ours = peers.pop("ours", None)
        if not ours:
            self.lacks_ours(case)
            return
        self.targets += targets.check(case, "", ours)
        for peer, theirs in peers.items():
            if theirs:
                ratios = comparison(case, peer, ours, theirs)
                self.ratios.append(ratio_line(case, peer, ours, theirs, ratios))
                self.targets += targets.check(case, peer, ratios)
        # The tier in memory against the others, beside what is measured without it.
        memory = peers.pop("ours-memory", None)
        for peer, theirs in peers.items():
            if memory and theirs:
                ratios = comparison(case, peer, memory, theirs)
                self.ratios.append(
                    ratio_line(case, peer + " ours=ours-memory", memory, theirs, ratios))

    def lacks_ours(self, case):
        self.notes.append("FAULT case=%s no run of ours" % case)
        self.ok = False

    def lines(self):
        if self.fewest < 3:
            self.notes.append(
                "WARN medians of %d run(s): a comparison needs at least 3" % self.fewest)
        return [*self.tables, "", *self.medians, *self.notes, *self.ratios, *self.targets]


def main():
    report = Report(*read(sys.argv[1]))
    for case in dict.fromkeys(sys.argv[2:]):
        report.add(case)
    print("\n".join(report.lines()))
    sys.exit(0 if report.ok else 1)


main()
