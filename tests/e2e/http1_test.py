#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 by hand and by curl: messages, files, and what is refused."""

import gzip
import os
import subprocess

from checks import check, contains, equal, main
from node import SECRET, Node, curl
from wire import Wire, ask

ROUTES = f"""
[[directory]]
path = "/files/{{path...}}"
root = "www"
cache_control = "max-age=60"
[[publish]]
path = "/publish/{{channel}}"
tenant = "t"
channel = "{{channel}}"
secret_file = "publish.secret"
[[comments]]
path = "/threads/{{thread}}/comments"
tenant = "t"
database = "state/comments.db"
"""
BEARER = f"Authorization: Bearer {SECRET}\r\n"
TEXT = b"".join(b"line %d of a file of text\n" % n for n in range(400))

node = None


def make_files():
    www = node.www
    (www / "sub").mkdir()
    (www / "a.txt").write_bytes(TEXT)
    (www / "index.html").write_text("<p>index")
    (www / "sub/index.html").write_text("<p>sub")
    (www / "app.js").write_text("// plain")
    (www / "app.js.gz").write_bytes(gzip.compress(b"// packed"))
    (www / "app.js.br").write_bytes(b"brotli, as far as anybody looks")
    (www / ".hidden").write_text("no")
    (www / "empty.bin").write_bytes(b"")
    (www / "big.bin").write_bytes(os.urandom(3_000_000))
    (node.directory / "outside.txt").write_text("outside")
    os.symlink("../outside.txt", www / "escape.txt")
    os.symlink("a.txt", www / "inside.txt")
    os.symlink("/etc", www / "etc")


def keep_alive():
    """many requests use one connection, until one says close"""
    with Wire(node.port) as wire:
        for _ in range(20):
            answer = wire.request("/files/a.txt")
            equal((answer.status, answer.body), (200, TEXT), "the file comes whole")
        check("connection" not in answer.headers, "the connection is not announced as closed")
        check("date" in answer.headers, "the answer is dated")
        answer = wire.request("/files/a.txt", headers="Connection: close\r\n")
        equal(answer.headers.get("connection"), "close", "close is answered by close")
        check(wire.closed(), "the connection is closed")


def pipelining():
    """a hundred requests in one segment are answered in order"""
    targets = [f"/files/{'a.txt' if n % 3 else 'absent'}?n={n}" for n in range(100)]
    with Wire(node.port) as wire:
        wire.send("".join(f"GET {t} HTTP/1.1\r\nHost: h\r\n\r\n" for t in targets))
        statuses = [wire.answer().status for _ in targets]
    equal(statuses, [200 if n % 3 else 404 for n in range(100)], "answers come in order")
    # Publications number themselves, so that an exchanged order would show.
    post = f"POST /publish/p HTTP/1.1\r\nHost: h\r\n{BEARER}Content-Length: 1\r\n\r\n"
    with Wire(node.port) as wire:
        wire.send("".join(post + str(n % 10) for n in range(100)))
        ids = [wire.answer().body for _ in range(100)]
    numbers = [int(each.split(b"-")[1].rstrip(b'"}')) for each in ids]
    equal(numbers, list(range(1, 101)), "the publications are made in order")


def bodies():
    """a body comes by length or in chunks, with extensions and trailers"""
    chunked = f"POST /publish/c HTTP/1.1\r\nHost: h\r\n{BEARER}Transfer-Encoding: chunked\r\n\r\n"
    with Wire(node.port) as wire:
        for body in ("5\r\nhello\r\n0\r\n\r\n", "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n",
                     "5\r\nhello\r\n0\r\nX-Trailer: 1\r\nOther: 2\r\n\r\n",
                     "0005\r\nhello\r\n000\r\n\r\n"):
            wire.send(chunked + body)
            equal(wire.answer().status, 200, f"{body!r} is understood")
        for n in range(1, 200):
            wire.send(chunked)
            wire.send("1\r\nx\r\n" * n + "0\r\n\r\n")
            equal(wire.answer().status, 200, f"{n} chunks of one byte")
    for body in ("5\r\nhelloX", "g\r\n", "-1\r\n", "5 \r\nhello\r\n0\r\n\r\n", "\r\n",
                 "5\nhello\n0\n\n", "ffffffffffffffffff\r\nx",
                 "5\r\nhello\r\n0\r\nno colon\r\n\r\n"):
        with Wire(node.port) as wire:
            wire.send(chunked + body)
            answer = wire.answer()
            check(answer.status in (400, 413), f"{body!r} is refused", answer)
            check(wire.closed(), "and the connection ends")


def expect_continue():
    """100-continue comes before the body, and not when the request is refused"""
    head = "POST /publish/e HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
    with Wire(node.port) as wire:
        wire.send(head + BEARER + "Content-Length: 5\r\n\r\n")
        equal(wire.answer().status, 100, "the client is told to go on")
        wire.send("hello")
        equal(wire.answer().status, 200, "the body is taken")
        wire.send(head + BEARER + "Content-Length: 5\r\n\r\nhello")
        statuses = [wire.answer().status]
        if statuses == [100]:
            statuses.append(wire.answer().status)
        check(statuses in ([100, 200], [200]), "a body that does not wait is taken", statuses)
    with Wire(node.port) as wire:
        wire.send(head + BEARER + "Content-Length: 99999999\r\n\r\n")
        equal(wire.answer().status, 413, "a body that is too large is not asked for")
        check(wire.closed(), "and the connection ends")
    answer = ask(node.port, "POST /publish/e HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n"
                            "Content-Length: 1\r\n\r\n")
    equal(answer.status, 417, "another expectation fails")
    code, out, err = curl("-v", "--expect100-timeout", "20", "-H", "Expect: 100-continue", "-H",
                          BEARER.strip(), "--data-binary", "@-",
                          f"http://127.0.0.1:{node.port}/publish/e", data=b"x" * 50_000)
    equal(code, 0, "curl is content")
    contains(err, "100 Continue", "curl has waited for it")
    contains(out, b'"id"', "curl has published")


def files():
    """types, validators, conditions, HEAD and index"""
    with Wire(node.port) as wire:
        answer = wire.request("/files/a.txt")
        etag, modified = answer.headers["etag"], answer.headers["last-modified"]
        contains(answer.headers["content-type"], "text/plain", "type of .txt")
        equal(answer.headers["cache-control"], "max-age=60", "the configured field")
        head = wire.request("/files/a.txt", "HEAD")
        equal(head.headers["content-length"], str(len(TEXT)), "HEAD tells the length")
        equal(wire.request("/files/a.txt").body, TEXT, "and sends no body")
        for field in (f"If-None-Match: {etag}", f'If-None-Match: "x", W/{etag.lstrip("W/")}',
                      "If-None-Match: *", f"If-Modified-Since: {modified}"):
            answer = wire.request("/files/a.txt", headers=field + "\r\n")
            equal((answer.status, answer.body), (304, b""), field)
            equal(answer.headers.get("etag"), etag, "a 304 names the validator")
        for field, status in ((f'If-Match: "x"', 412), ('If-None-Match: "x"', 200),
                              ("If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT", 200),
                              ("If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT", 412),
                              (f'If-None-Match: "x"\r\nIf-Modified-Since: {modified}', 200)):
            equal(wire.request("/files/a.txt", headers=field + "\r\n").status, status, field)
        for target, status in (("/files/", 200), ("/files/sub/", 200), ("/files/sub", 308),
                               ("/files/absent", 404), ("/files/inside.txt", 200),
                               ("/files/empty.bin", 200), ("/files/a%2Etxt", 200),
                               ("/files/a.txt/", 404), ("/nowhere", 404)):
            equal(wire.request(target).status, status, target)
        answer = wire.request("/files/sub?x=1")
        equal(answer.headers["location"], "/files/sub/?x=1", "a redirection keeps the query")
        answer = wire.request("/files/a.txt", "DELETE")
        equal(answer.status, 405, "no deletion")
        contains(answer.headers["allow"], "GET", "and what is allowed")
        equal(wire.request("/files/a.txt", "BREW").status in (400, 405, 501), True, "no coffee")


def ranges():
    """one range is served, of small files and of large ones"""
    big = (node.www / "big.bin").read_bytes()
    with Wire(node.port) as wire:
        for name, data in (("a.txt", TEXT), ("big.bin", big)):
            size = len(data)
            for spec, first, last in (("0-0", 0, 0), ("5-99", 5, 99), ("100-", 100, size - 1),
                                      ("-7", size - 7, size - 1), (f"0-{10 ** 15}", 0, size - 1),
                                      (f"-{10 ** 15}", 0, size - 1)):
                answer = wire.request(f"/files/{name}", headers=f"Range: bytes={spec}\r\n")
                equal((answer.status, answer.headers.get("content-range")),
                      (206, f"bytes {first}-{last}/{size}"), f"{name} {spec}")
                check(answer.body == data[first:last + 1], f"{name} {spec}: the bytes")
            answer = wire.request(f"/files/{name}", headers=f"Range: bytes={size}-\r\n")
            equal((answer.status, answer.headers["content-range"]), (416, f"bytes */{size}"),
                  "a range behind the end")
            check(wire.request(f"/files/{name}").body == data, f"{name} whole")
        for spec in ("bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=-", "bytes="):
            answer = wire.request("/files/a.txt", headers=f"Range: {spec}\r\n")
            check(answer.status in (200, 416), f"{spec} is no range", answer)
        etag = answer.headers["etag"] if "etag" in answer.headers else wire.request(
            "/files/a.txt").headers["etag"]
        for given, status in ((etag, 206), ('"other"', 200)):
            answer = wire.request("/files/a.txt",
                                  headers=f"Range: bytes=1-2\r\nIf-Range: {given}\r\n")
            equal(answer.status, status, f"If-Range: {given}")


def precompressed():
    """FILE.br and FILE.gz are used where the client takes them"""
    with Wire(node.port) as wire:
        etags = set()
        for accept, coding in (("gzip", "gzip"), ("br", "br"), ("gzip, br", "br"), ("", None),
                               ("gzip;q=0", None), ("br;q=0, gzip", "gzip"), ("*", "br"),
                               ("identity", None), ("gzip;q=0.5, br;q=0.1", "gzip")):
            answer = wire.request("/files/app.js", headers=f"Accept-Encoding: {accept}\r\n")
            equal(answer.headers.get("content-encoding"), coding, f"Accept-Encoding: {accept}")
            contains(answer.headers.get("vary", "").lower(), "accept-encoding", "Vary")
            contains(answer.headers["content-type"], "javascript", "the type is the original's")
            etags.add(answer.headers["etag"])
        equal(len(etags), 3, "each coding has a validator of its own")
        check("content-encoding" not in wire.request("/files/app.js").headers, "none unasked")
    _, out, _ = curl("--compressed", f"http://127.0.0.1:{node.port}/files/app.js", "-H",
                     "Accept-Encoding: gzip")
    equal(out, b"// packed", "curl unpacks it")


def no_way_out():
    """nothing outside of the root and nothing hidden is served"""
    for target in ("/files/../outside.txt", "/files/%2e%2e/outside.txt", "/files/..%2foutside.txt",
                   "/files/sub/../../outside.txt", "/files/%2e%2e%2foutside.txt",
                   "/files/escape.txt", "/files/etc/passwd", "/files/.hidden", "/files/%2ehidden",
                   "/files//etc/passwd", "/files/%2fetc/passwd", "/files/a.txt%00.html",
                   "/files/sub%2findex.html", "/files/..\\outside.txt", "/files/%5c..%5coutside",
                   "/files/%c0%ae%c0%ae/outside.txt", "/files/a%0d%0aX: y", "/files/%zz"):
        answer = ask(node.port, f"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n")
        check(answer.status in (400, 403, 404), target, answer)
        check(b"root:" not in answer.body and b"outside" != answer.body, target, answer)


def older_and_absolute():
    """HTTP/1.0, absolute-form, asterisk-form"""
    with Wire(node.port) as wire:
        wire.send("GET /files/a.txt HTTP/1.0\r\n\r\n")
        answer = wire.answer()
        equal((answer.status, answer.body), (200, TEXT), "HTTP/1.0 needs no Host")
        check(wire.closed(), "and its connection ends")
    with Wire(node.port) as wire:
        wire.send("GET http://other.example/files/a.txt HTTP/1.1\r\nHost: h\r\n\r\n")
        equal(wire.answer().status, 200, "absolute-form")
        wire.send("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n")
        equal(wire.answer().status, 204, "asterisk-form")
        wire.send("\r\nGET /files/a.txt HTTP/1.1\r\nHost: h\r\n\r\n")
        equal(wire.answer().status, 200, "an empty line before a request")
    equal(ask(node.port, "GET / HTTP/2.0\r\nHost: h\r\n\r\n").status, 505, "HTTP/2.0 as text")
    equal(ask(node.port, "CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n").status in (400, 501), True,
          "CONNECT")


def split_everywhere():
    """a request that comes in two pieces is the same request"""
    requests = (f"POST /publish/s HTTP/1.1\r\nHost: h\r\n{BEARER}Content-Length: 5\r\n\r\nhello",
                f"POST /publish/s HTTP/1.1\r\nHost: h\r\n{BEARER}Transfer-Encoding: chunked\r\n\r\n"
                "5\r\nhello\r\n0\r\nT: 1\r\n\r\n")
    for request in requests:
        with Wire(node.port) as wire:
            for at in range(1, len(request)):
                wire.send(request[:at])
                node.metrics()  # by now the node has read the first piece
                wire.send(request[at:])
                equal(wire.answer().status, 200, f"split at {at}")
            for byte in request:
                wire.send(byte)
            equal(wire.answer().status, 200, "byte by byte")


def refused():
    """what is ambiguous is refused, and its connection is closed"""
    before = node.count("http_malformed")
    fields = {
        "two hosts": "Host: a\r\nHost: b\r\n", "no host": "X: y\r\n", "bad host": "Host: a b\r\n",
        "host with a path": "Host: a/b\r\n",
        "obs-fold": "Host: h\r\nX: a\r\n b\r\n", "fold first": " X: a\r\nHost: h\r\n",
        "bare CR": "Host: h\r\nX: a\rb\r\n", "bare LF": "Host: h\r\nX: a\nY: b\r\n",
        "LF ends": "Host: h\nX: y\r\n", "space before colon": "Host: h\r\nX : y\r\n",
        "empty name": "Host: h\r\n: y\r\n", "NUL": "Host: h\r\nX: a\0b\r\n",
        "NUL in name": "Host: h\r\nX\0: a\r\n", "control": "Host: h\r\nX: a\x01b\r\n",
        "no colon": "Host: h\r\nnonsense\r\n",
        "CL and TE": "Host: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        "TE and CL": "Host: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n",
        "two CL": "Host: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n",
        "CL list": "Host: h\r\nContent-Length: 1, 1\r\n",
        "CL sign": "Host: h\r\nContent-Length: +1\r\n",
        "CL negative": "Host: h\r\nContent-Length: -1\r\n",
        "CL hex": "Host: h\r\nContent-Length: 0x1\r\n",
        "CL huge": "Host: h\r\nContent-Length: 99999999999999999999999\r\n",
        "TE twice": "Host: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "TE list": "Host: h\r\nTransfer-Encoding: chunked, chunked\r\n",
        "TE gzip": "Host: h\r\nTransfer-Encoding: gzip\r\n",
        "TE gzip, chunked": "Host: h\r\nTransfer-Encoding: gzip, chunked\r\n",
        "TE xchunked": "Host: h\r\nTransfer-Encoding: xchunked\r\n",
        "TE with VT": "Host: h\r\nTransfer-Encoding: \x0bchunked\r\n",
    }
    lines = ("GET /files/a.txt",
             "GET\t/files/a.txt HTTP/1.1", "get /files/a.txt HTTP/1.1", "GET /files/a.txt HTTP/1.2",
             "GET files/a.txt HTTP/1.1", "GET /files/a.txt#x HTTP/1.1", "GET /a b HTTP/1.1",
             "GET /\x01 HTTP/1.1", "GET /files/a.txt HTTP/1.1 ", "GET /files/a.txt http/1.1",
             "\x16\x03\x01\x02\x00")
    tries = {name: f"POST /publish/r HTTP/1.1\r\n{each}X-Z: 1\r\n\r\n"
             for name, each in fields.items()}
    tries.update({line: f"{line}\r\nHost: h\r\n\r\n" for line in lines})
    taken = []
    for name, request in tries.items():
        with Wire(node.port) as wire:
            wire.send(request)
            answer = wire.answer()
            if answer.status not in (400, 501, 505):
                taken.append((name, answer))
                continue
            check(wire.closed(), f"{name}: the connection is closed")
    check(not taken, "all are refused", taken)
    # A HTTP/1.0 client's chunks could be read in two ways.
    answer = ask(node.port, "POST /publish/r HTTP/1.0\r\n"
                            "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    equal(answer.status, 400, "chunks in HTTP/1.0")
    equal(node.count("http_malformed") - before, len(tries) + 1, "each refusal is counted")


def smuggled():
    """what follows a refused request is never read as another"""
    for head in ("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "Content-Length: x\r\n"):
        with Wire(node.port) as wire:
            wire.send(f"POST /publish/r HTTP/1.1\r\nHost: h\r\n{head}\r\n0\r\n\r\n"
                      "GET /files/a.txt HTTP/1.1\r\nHost: h\r\n\r\n")
            equal(wire.rest().count(b"HTTP/1.1 "), 1, head)


def by_curl():
    """curl uploads, keeps its connection, and gets everything intact"""
    url = f"http://127.0.0.1:{node.port}"
    done = subprocess.run(["curl", "-sS", "-v", "-o", "/dev/null", "-o", "/dev/null",
                           f"{url}/files/a.txt", f"{url}/files/big.bin"],
                          capture_output=True, text=True, check=True)
    contains(done.stderr, "Re-using existing connection", "one connection for two")
    _, out, _ = curl(f"{url}/files/big.bin")
    check(out == (node.www / "big.bin").read_bytes(), "a large file is intact")
    code, out, _ = curl("-H", "Content-Type: application/json", "-H", "Transfer-Encoding: chunked",
                        "--data-binary", '{"client_id":"11111111-1111",'
                        '"author":"A","text":"T"}', "-w", " %{http_code}",
                        f"{url}/threads/x/comments")
    equal((code, out[-3:]), (0, b"201"), "a comment is posted in chunks")


if __name__ == "__main__":
    node = Node(ROUTES)
    with node:
        make_files()
        main_tests = (keep_alive, pipelining, bodies, expect_continue, files, ranges, precompressed,
                      no_way_out, older_and_absolute, split_everywhere, refused, smuggled, by_curl)
        try:
            main(*main_tests)
        except SystemExit as end:
            code = end.code
    raise SystemExit(code)
