# SPDX-License-Identifier: Apache-2.0
"""The origin of the conformance tests: it answers as the step says that the request came from."""

import asyncio
import time

from conformance.model import split_field, written
from conformance.wire import NO_BODY, read_head, read_body, values

VALIDATED = {"etag": ("if-none-match", "etag"), "modified": ("if-modified-since", "last-modified")}


class Origin:
    def __init__(self):
        self.runs = {}        # by the first segment of the path
        self.server = None
        self.port = 0
        self.tasks = set()

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self):
        self.server.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def serve(self, reader, writer):
        self.tasks.add(asyncio.current_task())
        try:
            while await self.answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the node has closed it
        finally:
            self.tasks.discard(asyncio.current_task())
            writer.close()

    async def answer(self, reader, writer):
        """Answers one request; False when the connection is to end."""
        line, fields = await read_head(reader)
        method, target, _ = line.split(" ", 2)
        await read_body(reader, fields, has_length=False)
        run = self.runs[target.split("/")[1].split("?")[0]]
        number = int(values(fields, "x-step")[0])
        step = run.case.steps[number - 1]
        run.asked.append((number, method, fields))
        answer = step.answer
        if answer.fate == "close":
            return False
        out = ""
        for status, more in answer.interim:
            out += f"HTTP/1.1 {status} Interim\r\n" + "".join(f"{f}\r\n" for f in more) + "\r\n"
        out += self.head_and_body(run, number, step, method, fields)
        writer.write(out.encode("latin-1"))
        await writer.drain()
        return answer.fate != "cut"

    def head_and_body(self, run, number, step, method, asked):
        answer = step.answer
        place = {"now": int(time.time()), "began": run.began, "number": number, "url": run.url}
        fields = [(name, written(value, **place))
                  for name, value in map(split_field, answer.fields)]
        names = {name.lower() for name, _ in fields}
        status = answer.status
        if step.want in VALIDATED:
            condition, validator = VALIDATED[step.want]
            told = run.validators.get(validator)
            if told and told in values(asked, condition):
                status = 304
        if answer.refuses and values(asked, "if-none-match"):
            status = 304
            fields = [split_field(answer.refuses)]
        if "date" not in names:
            fields.append(("Date", written("{+0}", **place)))
        fields = [field for field in fields if field[1] != "-"]  # "Date: -" is none
        body = answer.body if answer.body is not None else run.token(number, answer.secret)
        if status < 500 and status != 304 and method != "HEAD":
            run.validators = {name.lower(): value for name, value in fields}
        if status != 304:
            fields.append(("X-Answer", str(number)))
        if status in NO_BODY:
            body = ""
        elif answer.chunked:
            fields.append(("Transfer-Encoding", "chunked"))
            body = f"{len(body):x}\r\n{body}\r\n0\r\n\r\n"
        elif "content-length" not in names:
            fields.append(("Content-Length", str(len(body))))
        if method == "HEAD":
            body = ""
        if answer.fate == "cut":
            body = body[:len(body) // 2]
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
        return f"HTTP/1.1 {status} Status\r\n{lines}\r\n{body}"
