# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 by hand: frames as the test makes them, for what no client would send."""

import struct

from wire import Wire

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, \
    CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS = 1, 1, 4
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
NO_ERROR, PROTOCOL_ERROR, FLOW_CONTROL_ERROR, ENHANCE_YOUR_CALM = 0, 1, 3, 11


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload


def literal(name, value):
    """A field without indexing and without Huffman code (RFC 7541, 6.2.2)."""
    def text(data):
        data = data if isinstance(data, bytes) else data.encode("latin-1")
        if len(data) < 127:
            return bytes([len(data)]) + data
        rest, length = len(data) - 127, b"\x7f"
        while rest >= 128:
            length += bytes([rest % 128 + 128])
            rest //= 128
        return length + bytes([rest]) + data
    return b"\0" + text(name) + text(value)


def request(path="/metrics", method="GET", fields=(), authority="localhost"):
    block = literal(":method", method) + literal(":scheme", "http")
    block += literal(":path", path) + literal(":authority", authority)
    return block + b"".join(literal(name, value) for name, value in fields)


def status_text(status):
    """How nghttp2 writes a status that the static table does not have: by Huffman code (RFC 7541,
    appendix B) when that is shorter."""
    bits = "".join(f"{digit:05b}" if digit < 3 else f"{digit + 22:06b}"
                   for digit in map(int, str(status)))
    bits += "1" * (-len(bits) % 8)
    coded = int(bits, 2).to_bytes(len(bits) // 8, "big")
    text = str(status).encode()
    return bytes([0x80 | len(coded)]) + coded if len(coded) < len(text) else bytes([3]) + text


def headers(stream, block, flags=END_HEADERS | END_STREAM):
    """A whole header block. Its encoder uses no dynamic table, and says so: RFC 7541 (4.2) demands
    that once the server has announced a smaller table than the default."""
    return frame(HEADERS, flags, stream, b"\x20" + block)


class H2(Wire):
    """A connection in clear by prior knowledge, or over TLS by ALPN."""

    def __init__(self, port, *, settings=b"", tls=False, **keywords):
        super().__init__(port, tls=tls, alpn=["h2"] if tls else None, **keywords)
        self.send(PREFACE + frame(SETTINGS, payload=settings))
        self.ended = False
        self.goaway = None  # the error code of the last one

    def frame(self):
        """(type, flags, stream, payload), or None at the end."""
        try:
            head = self.take(9)
            payload = self.take(int.from_bytes(head[:3], "big"))
        except EOFError:
            self.ended = True
            return None
        kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], "big")
        if kind == GOAWAY:
            self.goaway = int.from_bytes(payload[4:8], "big")
        if kind == SETTINGS and not flags & ACK:
            self.try_send(frame(SETTINGS, ACK))
        return kind, flags, stream, payload

    def try_send(self, data):
        """False when the other side has gone."""
        try:
            self.send(data)
            return True
        except OSError:
            return False

    def until(self, *kinds, stream=None):
        """The next frame of one of the kinds, or None at the end."""
        while (got := self.frame()) is not None:
            if got[0] in kinds and (stream is None or got[2] == stream):
                return got
        return None

    def body(self, stream):
        """The DATA of a stream to its end; None when it is reset or the connection ends."""
        data = b""
        while (got := self.until(HEADERS, DATA, RST_STREAM, stream=stream)) is not None:
            if got[0] == RST_STREAM:
                return None
            if got[0] == DATA:
                data += got[3]
                if got[3]:
                    size = struct.pack("!I", len(got[3]))
                    self.try_send(frame(WINDOW_UPDATE, 0, 0, size) +
                                  ((b"" if got[1] & END_STREAM
                                    else frame(WINDOW_UPDATE, 0, stream, size))))
            if got[1] & END_STREAM:
                return data
        return None

    def get(self, stream, path="/metrics"):
        self.send(headers(stream, request(path)))
        return self.body(stream)

    def drain(self):
        """Reads to the end; the error code of the last GOAWAY, or None without one."""
        while self.frame() is not None:
            pass
        return self.goaway
