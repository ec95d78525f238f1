#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ratio.py RESULTS CASE...: compares ours with each peer of a run of run.sh.

Prints MEDIAN lines (what each server did), then SKIP and WARN lines, and last one RATIO line per
comparison. cpu = the peer's server CPU per unit / ours; rate = ours / the peer's; mem = the peer's
bytes per connection / ours. Bigger is better for us in all three. Exits 1 when a case has no run
of ours, or one with errors."""

import re
import statistics
import sys

RATE = {"http1": "rps", "http2": "rps", "tls": "conns_s", "fanout": "deliv_s"}
CPU = {
    "http1": "cpu_us_per_req",
    "http2": "cpu_us_per_req",
    "tls": "cpu_us_per_conn",
    "fanout": "cpu_us_per_deliv",
}
ERRORS = ("errors", "failed", "pub_err", "missing", "closed")


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


def median(runs, key):
    values = [float(r[key]) for r in runs if re.fullmatch(r"-?[0-9.]+", r.get(key, ""))]
    return statistics.median(values) if values else None


def faults(case, runs):
    """Why these runs should not be believed, in words."""
    found = []
    for key in ERRORS:
        worst = max((float(r.get(key) or 0) for r in runs), default=0)
        if worst > 0:
            found.append("%s=%d" % (key, worst))
    if case.startswith("mem-"):
        short = [r for r in runs if r.get("open") != r.get("n")]
        if short:
            found.append("open=%s of %s" % (short[0].get("open", "none"), short[0]["n"]))
    return " ".join(found)


def usable(case, runs):
    if case.startswith("mem-"):
        return [r for r in runs if r.get("open") == r.get("n")]
    rate = RATE[case.split("-")[0]]
    return [r for r in runs if float(r.get(rate) or 0) > 0]


def figures(case, runs):
    """The figures of one server's runs that are compared, or None."""
    runs = usable(case, runs)
    if not runs:
        return None
    if case.startswith("mem-"):
        return {"bytes_per_conn": median(runs, "bytes_per_conn")}
    group = case.split("-")[0]
    result = {"cpu_us": median(runs, CPU[group]), "rate": median(runs, RATE[group])}
    if case == "tls-resumed":
        result["reused"] = median(runs, "reused_share")
    return result


def ratio(a, b, digits="%.2f"):
    return digits % (a / b) if a is not None and b else "none"


def compare(case, peer, ours, theirs):
    line = "RATIO case=%s peer=%s" % (case, peer)
    if case.startswith("mem-"):
        return line + " mem=" + ratio(theirs["bytes_per_conn"], ours["bytes_per_conn"])
    line += " cpu=" + ratio(theirs["cpu_us"], ours["cpu_us"])
    line += " rate=" + ratio(ours["rate"], theirs["rate"])
    if case == "tls-resumed":
        line += " reused=%.3f/%.3f" % (ours["reused"], theirs["reused"])
    return line


def main():
    runs, skipped = read(sys.argv[1])
    medians, notes, ratios, ok, fewest = [], [], [], True, 99
    for case in dict.fromkeys(sys.argv[2:]):
        peers = {p: figures(case, r) for p, r in runs.get(case, {}).items()}
        for peer, values in peers.items():
            of_peer = runs[case][peer]
            wrong = faults(case, of_peer)
            if wrong:
                notes.append("WARN case=%s peer=%s %s" % (case, peer, wrong))
                ok = ok and peer != "ours"
            if not values:
                notes.append("SKIP case=%s peer=%s no usable run" % (case, peer))
                continue
            shown = " ".join("%s=%.6g" % v for v in values.items() if v[1] is not None)
            used = len(usable(case, of_peer))
            medians.append("MEDIAN case=%s peer=%s runs=%d %s" % (case, peer, used, shown))
            fewest = min(fewest, used)
        notes += [
            "SKIP case=%s peer=%s %s" % (c, p, why) for (c, p), why in skipped.items() if c == case
        ]
        ours = peers.pop("ours", None)
        if not ours:
            notes.append("WARN case=%s no run of ours" % case)
            ok = False
            continue
        ratios += [compare(case, p, ours, v) for p, v in peers.items() if v]
    if fewest < 3:
        notes.append("WARN medians of %d run(s): a comparison needs at least 3" % fewest)
    print("\n".join(["", *medians, *notes, *ratios]))
    sys.exit(0 if ok else 1)


main()
