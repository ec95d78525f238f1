#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""channels.py PORT FROM TO [HEADER]: publishes one message to each of the channels c<FROM> up to,
without it, c<TO>, by POST /pub/c<N>, pipelined on one connection. Prints how many were taken."""

import socket
import sys

BATCH = 256


def requests(first, after, header):
    extra = header + "\r\n" if header else ""
    shape = (
        "POST /pub/c%d HTTP/1.1\r\nHost: localhost\r\n" + extra
        + "Content-Type: text/plain\r\nContent-Length: 4\r\n\r\nping"
    )
    return "".join([shape % n for n in range(first, after)]).encode()


def main():
    port, first, end = (int(w) for w in sys.argv[1:4])
    header = sys.argv[4] if len(sys.argv) > 4 else ""
    taken = refused = 0
    with socket.create_connection(("127.0.0.1", port), timeout=30) as to:
        to.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for begin in range(first, end, BATCH):
            after = min(begin + BATCH, end)
            to.sendall(requests(begin, after, header))
            # A status line is told from a body by what stands in it; our answers are short JSON.
            answers, tail = 0, b""
            while answers < after - begin:
                data = to.recv(1 << 16)
                if not data:
                    sys.exit("the server closed the connection")
                data = tail + data
                answers += data.count(b"HTTP/1.1 ") - tail.count(b"HTTP/1.1 ")
                taken += data.count(b"HTTP/1.1 2") - tail.count(b"HTTP/1.1 2")
                tail = data[-9:]
            refused = after - first - taken
            if refused > 1000:
                break
    print("taken=%d refused=%d" % (taken, refused))


main()
