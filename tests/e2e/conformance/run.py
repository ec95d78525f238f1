# SPDX-License-Identifier: Apache-2.0
"""Runs the cases of the conformance tests, all at once, and judges them."""

import asyncio
import re
import time

from checks import SLOW
from conformance.model import split_field, written
from conformance.wire import Connection, values

TOKEN = re.compile(r"\[(\d+):(\d+):(open|secret)\]")
CONDITIONS = {"etag": "if-none-match", "modified": "if-modified-since"}
STEP_SECONDS = 15
EVENTUALLY_SECONDS = 5
# Cases that do not rest just now: what is slow would make answers old.
AT_ONCE = 16


class Wrong(Exception):
    """What was not as the case says."""


class Leak(Wrong):
    """Somebody got what was another one's."""


class Run:
    """One case under way."""

    def __init__(self, identity, case, places):
        self.identity = identity
        self.case = case
        self.places = places
        self.url = f"/{identity}"
        self.began = int(time.time())
        self.asked = []       # (step, method, fields) of each request that the origin got
        self.validators = {}  # the fields of its last answer that was not 304

    def token(self, number, secret):
        return f"[{self.identity}:{number}:{'secret' if secret else 'open'}]"

    async def all_steps(self, port):
        """None, or the fault."""
        connection = Connection(port)
        number = 0
        try:
            await self.places.acquire()
            for number, step in enumerate(self.case.steps, 1):
                await self.one_step(connection, number, step)
                if step.wait:
                    self.places.release()
                    await asyncio.sleep(step.wait)
                    await self.places.acquire()
        except Wrong as fault:
            return type(fault)(f"step {number}: {fault}")
        except (OSError, EOFError, ValueError, asyncio.TimeoutError) as fault:
            return Wrong(f"step {number}: {type(fault).__name__} {fault}")
        finally:
            self.places.release()
            connection.close()
        return None

    async def one_step(self, connection, number, step):
        deadline = time.monotonic() + EVENTUALLY_SECONDS * SLOW
        while True:
            seen = len(self.asked)
            place = {"now": int(time.time()), "began": self.began, "number": number,
                     "url": self.url}
            sent = [f"X-Step: {number}", *(written(field, **place) for field in step.sent)]
            received = await asyncio.wait_for(
                connection.request(step.method, self.url + step.path, sent, step.send_body),
                STEP_SECONDS * SLOW)
            asked = [each for each in self.asked[seen:] if each[0] == number]
            self.check_privacy(number, received)
            try:
                return self.judge(number, step, received, asked, place)
            except Wrong:
                if not step.eventually or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(0.02)

    # --- Whose answer it is --------------------------------------------------------------------

    @staticmethod
    def check_privacy(number, received):
        for _, maker, kind in TOKEN.findall(received.body):
            if kind == "secret" and int(maker) != number:
                raise Leak(f"the client gets what was for the one of step {maker} only")
        for cookie in values(received.fields, "set-cookie"):
            if "of-step-" in cookie and f"of-step-{number}" not in cookie:
                raise Leak(f"the client gets the cookie of another: {cookie}")

    def maker_of(self, received):
        """The step whose answer this is; 0 when it is none of the origin's."""
        found = TOKEN.search(received.body)
        if found and int(found.group(1)) != self.identity:
            raise Leak(f"the answer is one of case {found.group(1)}")
        told = values(received.fields, "x-answer")
        return int(found.group(2)) if found else int(told[0]) if told else 0

    # --- Judging -------------------------------------------------------------------------------

    def judge(self, number, step, received, asked, place):
        told = f"{received.status} {received.fields} {received.body[:60]!r}"
        maker = self.maker_of(received)
        self.check_want(number, step, received, asked, maker, told)
        status = step.status
        if status is None and step.want in ("miss", "hit", "etag", "modified", "older"):
            status = self.case.steps[maker - 1].answer.status if maker else None
        if status is not None and received.status != status:
            raise Wrong(f"the status is not {status}: {told}")
        if step.text is not None and received.body != step.text:
            raise Wrong(f"the body is not {step.text!r}: {told}")
        if step.answer.fate != "cut" and not received.whole:
            raise Wrong(f"the body breaks off: {told}")
        self.check_fields(step.has, step.lacks, received.fields, place, told)
        for status, field in step.informed:
            name, value = split_field(field)
            if not any(each == status and value in values(fields, name)
                       for each, fields in received.interim):
                raise Wrong(f"no {status} with {field!r} comes before it: {received.interim}")
        if step.got or step.got_lacks or step.got_method:
            if not asked:
                raise Wrong(f"the origin was not asked: {told}")
            _, method, fields = asked[-1]
            if step.got_method and method != step.got_method:
                raise Wrong(f"the origin got {method}")
            self.check_fields(step.got, step.got_lacks, fields, place, f"origin: {fields}")

    @staticmethod
    def check_want(number, step, received, asked, maker, told):
        want = step.want
        if want == "miss":
            if not asked:
                raise Wrong(f"the origin was not asked: {told}")
            if maker != number and received.status != 304:
                raise Wrong(f"the answer is not the origin's: {told}")
        elif want == "hit":
            if asked:
                raise Wrong(f"the origin was asked: {asked[0]}, {told}")
            if maker >= number:
                raise Wrong(f"the answer is of no earlier step: {told}")
        elif want in CONDITIONS:
            if not any(values(fields, CONDITIONS[want]) for _, _, fields in asked):
                raise Wrong(f"the origin was not asked by {want}: {asked}")
            if maker >= number:
                raise Wrong(f"the origin's answer was not 304: {told}")
        elif want == "older":
            if not 0 < maker < number:
                raise Wrong(f"the answer is of no earlier step: {told}")
        elif want == "error":
            if maker or received.status < 500:
                raise Wrong(f"the answer is no error of the node: {told}")

    @staticmethod
    def check_fields(has, lacks, fields, place, told):
        for each in has:
            if isinstance(each, tuple):
                name, least = each
                got = values(fields, name)
                if len(got) != 1 or not got[0].isdecimal() or int(got[0]) < least:
                    raise Wrong(f"{name} is not {least} or more: {told}")
                continue
            name, value = split_field(each)
            got = values(fields, name)
            value = written(value, **place)
            if not got or (":" in each and value not in (*got, ", ".join(got))):
                raise Wrong(f"{each!r} is not there: {told}")
        for each in lacks:
            name, part = split_field(each)
            if any(part in value for value in values(fields, name)):
                raise Wrong(f"{each!r} is there: {told}")


async def run_all(port, origin, cases):
    """The fault of each case, or None, in order."""
    places = asyncio.Semaphore(AT_ONCE)
    runs = [Run(identity, case, places) for identity, case in enumerate(cases, 1)]
    origin.runs = {str(run.identity): run for run in runs}
    return await asyncio.gather(*(run.all_steps(port) for run in runs))
