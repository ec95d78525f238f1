# SPDX-License-Identifier: Apache-2.0
"""How a case of the cache's conformance tests is written down.

A case has steps: requests for one URL (or for several below it), one after the other. Each says
what the origin would answer if it is asked, and what is to become of the request:

  miss      the origin gets it, and its answer is the client's
  hit       the origin does not get it; the client gets the body of an earlier step
  etag      the origin is asked whether its ETag is still good, and says 304; the body is an
            earlier one's
  modified  the same by Last-Modified
  older     the client gets the body of an earlier step, whether the origin was asked or not
  error     the client gets an error that the node has made, and nothing of an earlier step
  any       nothing is expected but what the other arguments say

Fields are "Name: value". In values {+60} and {-60} are dates so many seconds from when they are
sent, {@-60} from when the case began, {850:+60} and {asctime:+60} the same in the obsolete forms,
{n} is the number of the step, {url} the path of the case.
"""

import dataclasses
import datetime
import re

PLACE = re.compile(r"\{(?:(850|asctime|iso):)?(@?)([+-]\d+)\}")
KNOWN_FAILURES_MAX = 10
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the origin sends."""

    fields: tuple = ()
    status: int = 200
    body: str | None = None   # None: one that names the step
    interim: tuple = ()       # (status, fields) of informational answers before it
    fate: str = "whole"       # close: nothing is sent; cut: it breaks off within the body
    chunked: bool = False
    secret: bool = False      # nobody but who asked may ever see it
    refuses: str = ""         # a conditional request is answered with a 304 that has this field


@dataclasses.dataclass(frozen=True)
class Step:
    want: str
    answer: Answer
    method: str = "GET"
    path: str = ""            # below the URL of the case, with a query if any
    sent: tuple = ()
    send_body: str = ""
    status: int | None = None  # the client's; None: as the answer that it gets
    text: str | None = None    # the client's body; None: the one of the step that it comes from
    has: tuple = ()            # "Name: value", "Name", or (name, least number)
    lacks: tuple = ()          # "Name", or "Name: part of a value"
    got: tuple = ()            # the same of the request at the origin
    got_lacks: tuple = ()
    got_method: str | None = None
    informed: tuple = ()       # informational answers that the client gets: (status, "Name: value")
    wait: float = 0            # seconds after the step
    eventually: bool = False   # tried again until it is so: something is under way


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    section: str
    steps: tuple


class Table:
    """The cases of one file."""

    def __init__(self):
        self.cases = []

    def case(self, name, section, *steps):
        self.cases.append(Case(name, section, steps))


ANSWER_KEYS = {"body", "interim", "fate", "chunked", "secret", "refuses"}


def step(want, *fields, answers=200, **rest):
    """A step by the fields of the origin's answer, and all else by name."""
    answer = {key: rest.pop(key) for key in ANSWER_KEYS & rest.keys()}
    return Step(want, Answer(fields, answers, **answer), **rest)


def http_date(seconds, form=None):
    when = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    day, month = DAYS[when.weekday()], MONTHS[when.month - 1]
    clock = f"{when:%H:%M:%S}"
    if form == "850":
        return f"{day}, {when:%d}-{month}-{when:%y} {clock} GMT"
    if form == "asctime":
        return f"{day[:3]} {month} {when.day:2} {clock} {when.year}"
    if form == "iso":
        return f"{when:%Y-%m-%d}T{clock}Z"
    return f"{day[:3]}, {when:%d} {month} {when.year} {clock} GMT"


def written(value, *, now, began, number, url):
    """A value with its places filled in."""
    def date(found):
        form, fixed, delta = found.groups()
        return http_date((began if fixed else now) + int(delta), form)
    return PLACE.sub(date, value).replace("{n}", str(number)).replace("{url}", url)


def split_field(field):
    name, _, value = field.partition(":")
    return name, value.strip()
