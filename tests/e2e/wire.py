# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 by hand: what goes over the socket is exactly what the test says."""

import socket
import ssl

from checks import SLOW


class Answer:
    def __init__(self, status, headers, version):
        self.status = status
        self.headers = headers  # lower-case names; the last of a name wins
        self.version = version
        self.body = b""
        self.chunked = False

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:80]!r}>"


class Wire:
    """A connection. Every wait has a deadline, so a test cannot hang."""

    def __init__(self, port, *, tls=False, alpn=None, seconds=10, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(seconds * SLOW)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            if alpn:
                context.set_alpn_protocols(alpn)
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))

    def fill(self):
        """Reads more; False at the end."""
        try:
            data = self.socket.recv(65536)
        except (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError):
            return False
        self.buffer += data
        return bool(data)

    def take(self, count):
        while len(self.buffer) < count:
            if not self.fill():
                raise EOFError(f"ended with {len(self.buffer)} of {count} bytes")
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def take_until(self, mark):
        while mark not in self.buffer:
            if not self.fill():
                raise EOFError(f"ended before {mark!r}: {self.buffer[:200]!r}")
        taken, self.buffer = self.buffer.split(mark, 1)
        return taken

    def head(self):
        lines = self.take_until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        version, status, _ = lines[0].split(" ", 2)
        headers = {}
        for line in lines[1:]:
            name, value = line.split(": ", 1)
            headers[name.lower()] = value
        return Answer(int(status), headers, version)

    def chunk(self):
        size = int(self.take_until(b"\r\n"), 16)
        data = self.take(size)
        self.take(2)
        return data

    def answer(self, method="GET"):
        """One whole answer."""
        answer = self.head()
        if method == "HEAD" or answer.status in (204, 304) or answer.status < 200:
            return answer
        if answer.headers.get("transfer-encoding") == "chunked":
            answer.chunked = True
            while piece := self.chunk():
                answer.body += piece
        elif "content-length" in answer.headers:
            answer.body = self.take(int(answer.headers["content-length"]))
        else:
            answer.body = self.rest()
        return answer

    def rest(self):
        """Everything until the other side closes."""
        while self.fill():
            pass
        rest, self.buffer = self.buffer, b""
        return rest

    def closed(self):
        """True when nothing more comes but the end."""
        return self.rest() == b""

    def request(self, target="/", method="GET", headers="", body=b""):
        if body:
            headers += f"Content-Length: {len(body)}\r\n"
        self.send(f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n")
        if body:
            self.send(body)
        return self.answer(method)


def ask(port, data, method="GET", **keywords):
    """Sends bytes on a connection of their own; gives the answer."""
    with Wire(port, **keywords) as wire:
        wire.send(data)
        return wire.answer(method)
