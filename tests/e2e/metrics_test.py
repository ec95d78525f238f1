#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""/metrics as a foreign parser reads it, in both formats, and whether the figures add up."""

from checks import check, equal, main, skip, wait_until
from node import SECRET, Node
from wire import Wire

try:
    from prometheus_client.openmetrics.parser import (
        text_string_to_metric_families as parse_openmetrics)
    from prometheus_client.parser import text_string_to_metric_families as parse_prometheus
except ImportError:
    skip("there is no python3-prometheus-client")

ROUTES = """
[[publish]]
path = "/publish/{channel}"
tenant = "t"
channel = "{channel}"
secret_file = "publish.secret"
"""
BOTH = ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,"
        "*/*;q=0.1")
REQUESTS = 50

node = None


def scrape(accept=None):
    headers = f"Accept: {accept}\r\n" if accept else ""
    with Wire(node.port) as wire:
        answer = wire.request("/metrics", headers=headers)
    equal(answer.status, 200, "the figures are there")
    return answer.headers, answer.body.decode()


def families(text):
    """What the parser of OpenMetrics makes of it: it refuses what the format forbids."""
    return {each.name: each for each in parse_openmetrics(text)}


def value(all_families, family, suffix="", **labels):
    for sample in all_families[family].samples:
        if sample.name == family + suffix and sample.labels == labels:
            return sample.value
    raise AssertionError(f"no {family}{suffix} {labels}")


def formats():
    """each client gets the format that it asks for, and the parsers accept both"""
    for accept in (None, "*/*", BOTH, "application/openmetrics-text"):
        headers, text = scrape(accept)
        equal(headers["content-type"],
              "application/openmetrics-text; version=1.0.0; charset=utf-8", f"{accept}")
        equal(headers["cache-control"], "no-store", "it is not kept")
        check(text.endswith("\n# EOF\n"), "the end is marked")
        found = families(text)
        check(len(found) > 100, "all families are there", len(found))
    headers, text = scrape("text/plain")
    equal(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8", "the older format")
    check("# EOF" not in text and "# UNIT" not in text, "it is the older format all through")
    old = {each.name: each for each in parse_prometheus(text)}
    # Only the older one has no type for what is always 1.
    equal(sorted(set(old) ^ set(found)), ["fcedge_build", "fcedge_build_info"], "the same families")
    for name, family in old.items():
        if name in found:
            equal((family.type, family.documentation),
                  (found[name].type, found[name].documentation), name)


def kinds():
    """types and units of the families, and what runs"""
    found = families(scrape()[1])
    for name, kind, unit in (("fcedge_build", "info", ""), ("fcedge_connections", "gauge", ""),
                             ("fcedge_pubsub_log_bytes", "gauge", "bytes"),
                             ("fcedge_http1_requests", "counter", ""),
                             ("fcedge_loop_turn_seconds", "histogram", "seconds"),
                             ("fcedge_pubsub_publish_flush_seconds", "histogram", "seconds")):
        equal((found[name].type, found[name].unit), (kind, unit), name)
        check(found[name].documentation.endswith("."), f"{name} is explained")
    (build,) = found["fcedge_build"].samples
    check(build.labels["version"][0].isdigit(), "the version is told", build.labels)
    equal(value(found, "fcedge_epoch"), node.epoch, "how often it has started")


def histogram(found, name):
    """(count, sum) of a histogram whose buckets add up."""
    buckets = [sample for sample in found[name].samples if sample.name == name + "_bucket"]
    bounds = [float(sample.labels["le"]) for sample in buckets]
    counts = [sample.value for sample in buckets]
    equal(bounds, sorted(set(bounds)), f"{name}: bounds grow")
    check(0.00009 < bounds[0] <= 0.0001 and 50 < bounds[-2] <= 60, "from 100 us to 60 s", bounds)
    equal(bounds[-1], float("inf"), "the last bucket has no bound")
    equal(counts, sorted(counts), f"{name}: each has all of those before it")
    count, total = value(found, name, "_count"), value(found, name, "_sum")
    equal(counts[-1], count, f"{name}: the last bucket has all")
    lower = [0.0] + bounds[:-1]
    each = [count - before for before, count in zip([0] + counts, counts)]
    least = sum(low * many for low, many in zip(lower, each))
    check(least <= total, f"{name}: the sum is that of the buckets", (least, total))
    if not each[-1]:
        most = sum(high * many for high, many in zip(bounds, each) if many)
        check(total <= most, f"{name}: the sum is that of the buckets", (total, most))
    return count, total


def adding_up():
    """counters and histograms of the same things agree after requests of many kinds"""
    before = families(scrape()[1])

    def grown(family, suffix):
        return value(families(scrape()[1]), family, suffix) - value(before, family, suffix)

    for number in range(REQUESTS):
        with Wire(node.port) as wire:
            equal(wire.request("/none").status, 404, "nothing there")
            equal(wire.request(f"/publish/{number}", "POST", f"Authorization: Bearer {SECRET}\r\n",
                               b"text").status, 200, "published")
        with Wire(node.tls_port, tls=True) as wire:
            equal(wire.request("/none").status, 404, "nothing there, over TLS")
    # The shard counts the time of a turn when the turn is over, a moment after its answers left.
    asked = 3 * REQUESTS
    wait_until(lambda: grown("fcedge_http_answer_seconds", "_count") >= asked, "all are timed")
    wait_until(lambda: grown("fcedge_tls_handshake_seconds", "_count") == REQUESTS, "handshakes")
    after = families(scrape()[1])
    equal(value(after, "fcedge_tls_handshakes", "_total")
          - value(before, "fcedge_tls_handshakes", "_total"), REQUESTS, "handshakes are counted")
    equal(value(after, "fcedge_pubsub_published", "_total")
          - value(before, "fcedge_pubsub_published", "_total"), REQUESTS, "publications as well")
    equal(value(after, "fcedge_http_answers_4xx", "_total")
          - value(before, "fcedge_http_answers_4xx", "_total"), 2 * REQUESTS, "what is not there")
    answers = sum(value(after, f"fcedge_http_answers_{each}xx", "_total") for each in (2, 3, 4, 5))
    count, _ = histogram(after, "fcedge_http_answer_seconds")
    # This answer itself, and those of the scrapes just before it, may be on their way.
    check(0 <= answers - count <= 3, "each answer is timed", (answers, count))
    turns, busy = histogram(after, "fcedge_loop_turn_seconds")
    check(turns > 0 and busy > 0, "turns are timed", (turns, busy))
    for name, family in after.items():
        if family.type == "histogram":
            histogram(after, name)


def connections():
    """the gauge goes up and down with the connections"""
    wait_until(lambda: value(families(scrape()[1]), "fcedge_connections") == 1, "this one only")
    wires = [Wire(node.port) for _ in range(5)]
    wait_until(lambda: value(families(scrape()[1]), "fcedge_connections") == 6, "five more")
    for wire in wires:
        wire.close()
    wait_until(lambda: value(families(scrape()[1]), "fcedge_connections") == 1, "they are gone")


def refusals():
    """other methods are refused, and the parser is one that refuses"""
    with Wire(node.port) as wire:
        equal(wire.request("/metrics", "POST").status, 405, "GET only")
    text = scrape()[1]
    for broken in (text.replace("# EOF\n", ""), text + "more 1\n",
                   text.replace("fcedge_epoch ", "fcedge_epoch  "),
                   text.replace("_bucket{le=\"+Inf\"}", "_bucket{le=\"1000\"}")):
        try:
            families(broken)
        except ValueError as error:
            check(str(error), "it says why")
            continue
        raise AssertionError("the parser takes anything")


if __name__ == "__main__":
    node = Node(ROUTES)
    with node:
        try:
            main(formats, kinds, adding_up, connections, refusals)
        except SystemExit as end:
            code = end.code
    raise SystemExit(code)
