#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""report.py [FILE...] [--ours NAME]: medians of RESULT lines (default .work/results.txt) as
Markdown tables, one per case, with the best run (on a shared machine a disturbance only ever makes
it worse) and the spread (max-min)/median. With --ours NAME every peer also gets the ratio
NAME/peer of the case's main figure."""

import os
import statistics
import sys

HTTP = "rps p50us p99us cpu_us_per_req srv_cpu gen_core_busy"
COLUMNS = {
    "http1wrk": HTTP + " errors rss_kb",
    "http1": HTTP + " errors rss_kb",
    "http2": HTTP + " failed rss_kb",
    "cache": HTTP + " origin_fetches errors rss_kb",
    "tls": "conns_s hs_p50us hs_p99us conn_p50us conn_p99us cpu_us_per_conn srv_cpu gen_cpu"
    " reused_share errors rss_kb",
    "fanout": "deliv_s msg_s p50us p99us maxus all_p50us cpu_us_per_deliv srv_cpu gen_cpu missing"
    " lost dup gaps rss_kb",
    "curve-subs": "drate deliv_s p50us p99us cpu_us_per_deliv srv_cpu missing lost dup",
    "curve-channels": "bytes_per_channel grow_kb taken refused seconds",
    "storm": "back back_s srv_cpu meanwhile replayed missing lost dup gaps refused broken"
    " http_p50us http_p99us http_maxus before_p99us connect_s rss_kb",
    "slow": "bytes_per_sub idle_bytes_per_sub grow_bytes_per_sub kernel_bytes_per_sub kernel_tcp_kb"
    " slab_bytes_per_sub slow_open p99us maxus missing lost dup",
    "dns": "qps p50us p99us cpu_us_per_query srv_cpu gen_core_busy lost bad distinct_rdata rss_kb",
    "spike": "deliv_s start_rss_kb idle_rss_kb peak_rss_kb after_rss_kb gc_pauses gc_total_ms"
    " gc_max_ms p50us p99us maxus cpu_us_per_deliv",
    "mem": "open idle_rss_kb rss_kb pss_kb bytes_per_conn connect_s",
    "fanout-idle": "open base_rss_kb rss_kb pss_kb rss_bytes_per_conn",
}
COLUMNS["fanout-tls-idle"] = COLUMNS["fanout-idle"]


def arguments(words):
    files, ours = [], None
    words = iter(words)
    for w in words:
        if w == "--ours":
            ours = next(words)
        else:
            files.append(w)
    here = os.path.dirname(os.path.abspath(__file__))
    return files or [os.path.join(here, ".work", "results.txt")], ours


def read(files):
    """{(case, subscribers): {peer: [pairs of one run]}}"""
    groups = {}
    for name in files:
        with open(name) as lines:
            for line in lines:
                if not line.startswith("RESULT "):
                    continue
                words = line.split()
                pairs = dict(w.split("=", 1) for w in words[2:] if "=" in w)
                count = pairs.get("n", "")
                for extra in ("drate", "kind"):
                    count += " " + extra + "=" + pairs[extra] if extra in pairs else ""
                peers = groups.setdefault((words[1], count), {})
                peers.setdefault(pairs.get("peer", "?"), []).append(pairs)
    return groups


def numbers(rows, column):
    values = []
    for row in rows:
        try:
            values.append(float(row[column]))
        except (KeyError, ValueError):
            pass
    return values


def median(rows, column):
    values = numbers(rows, column)
    return statistics.median(values) if values else None


def show(v):
    if v is None:
        return ""
    if v == int(v) or abs(v) >= 100:
        return "%d" % round(v)
    return ("%.3f" if abs(v) < 10 else "%.1f") % v


def row_of(rows, columns, main):
    """The cells after a peer's name: runs, medians, best, least CPU, spread."""
    values = numbers(rows, main)
    cpu = [v for c in columns if c.startswith("cpu_us_per") for v in numbers(rows, c) if v > 0]
    best = show(max(values)) if len(values) > 1 and main != "rss_kb" else ""
    least = show(min(cpu)) if len(cpu) > 1 else ""
    spread = "-"
    if len(values) > 1:
        middle = statistics.median(values) or 1
        spread = "%.0f%%" % (100 * (max(values) - min(values)) / middle)
    return [str(len(rows))] + [show(median(rows, c)) for c in columns] + [best, least, spread]


def table(case, subscribers, peers, ours):
    columns = (COLUMNS.get(case) or COLUMNS.get(case.split("-")[0], "")).split()
    columns = [c for c in columns if any(c in r for rows in peers.values() for r in rows)]
    print("\n### %s%s\n" % (case, ", n=" + subscribers if subscribers else ""))
    if not columns:
        return
    main = "rss_kb" if case.startswith("mem") or case.endswith("-idle") else columns[0]
    heads = ["peer", "runs", *columns, "best " + columns[0], "least cpu_us", "spread"]
    if ours:
        heads.append("ratio_ours")
    print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    for peer, rows in sorted(peers.items()):
        cells = [peer] + row_of(rows, columns, main)
        if ours:
            a, b = median(peers.get(ours, []), main), median(rows, main)
            cells.append("%.2f" % (a / b) if a is not None and b else "")
        print("| " + " | ".join(cells) + " |")


def main():
    files, ours = arguments(sys.argv[1:])
    for (case, subscribers), peers in sorted(read(files).items()):
        table(case, subscribers, peers, ours)


main()
