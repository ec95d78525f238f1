# SPDX-License-Identifier: Apache-2.0
"""WebSocket by hand, for frames that no client library would send."""

import base64
import os
import struct

from wire import Wire

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def frame(opcode, payload=b"", *, fin=True, rsv=0, masked=True, length_bytes=None):
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    size = len(payload)
    mask_bit = 0x80 if masked else 0
    length_bytes = length_bytes or (0 if size < 126 else 2 if size < 65536 else 8)
    if length_bytes == 0:
        head = struct.pack("!BB", first, mask_bit | size)
    elif length_bytes == 2:
        head = struct.pack("!BBH", first, mask_bit | 126, size)
    else:
        head = struct.pack("!BBQ", first, mask_bit | 127, size)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))


def close_frame(code=None, reason=b""):
    return frame(CLOSE, (b"" if code is None else struct.pack("!H", code)) + reason)


class RawWebSocket(Wire):
    def __init__(self, port, target, *, fields="", **keywords):
        super().__init__(port, **keywords)
        key = base64.b64encode(os.urandom(16)).decode()
        self.send(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                  f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                  f"Sec-WebSocket-Key: {key}\r\n{fields}\r\n")
        self.opening = self.head()
        if self.opening.status != 101:
            self.opening.body = self.take(int(self.opening.headers.get("content-length", 0)))

    def frame(self):
        """(opcode, payload) of the next frame."""
        first, second = self.take(2)
        size = second & 127
        if size == 126:
            size = int.from_bytes(self.take(2), "big")
        elif size == 127:
            size = int.from_bytes(self.take(8), "big")
        return first & 15, self.take(size)

    def close_code(self):
        """Reads on to the close frame: its code, or None where it has none."""
        while True:
            try:
                opcode, payload = self.frame()
            except EOFError:
                return "no close frame"
            if opcode == CLOSE:
                return struct.unpack("!H", payload[:2])[0] if payload else None
