# SPDX-License-Identifier: Apache-2.0
"""How long an answer is good for (RFC 9111 sections 4.2, 5.1, 5.2.2.1, 5.2.2.10 and 5.3)."""

from conformance.model import Table, step

TABLE = Table()
case = TABLE.case

# --- max-age and s-maxage ------------------------------------------------------------------------


def kept(name, section, *fields):
    case(name, section, step("miss", *fields), step("hit"))


def not_kept(name, section, *fields):
    case(name, section, step("miss", *fields), step("miss"))


kept("max-age", "9111 5.2.2.1", "Cache-Control: max-age=3600")
kept("s-maxage", "9111 5.2.2.10", "Cache-Control: s-maxage=3600")
kept("max-age in any case", "9111 5.2", "Cache-Control: mAx-AgE=3600")
kept("max-age behind an unknown directive", "9111 5.2.3", "Cache-Control: strange, max-age=3600")
kept("max-age behind an unknown directive with a value", "9111 5.2.3",
     'Cache-Control: strange="a, b", max-age=3600')
kept("max-age with zeros before it", "9111 1.2.2", "Cache-Control: max-age=003600")
for seconds in (2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32, 99_999_999_999, 2 ** 64):
    kept(f"max-age={seconds}", "9111 1.2.2", f"Cache-Control: max-age={seconds}")
kept("max-age goes before an Expires in the past", "9111 5.3",
     "Cache-Control: max-age=3600", "Expires: {-7200}")
kept("max-age goes before an Expires that is no date", "9111 5.3",
     "Cache-Control: max-age=3600", "Expires: 0")
kept("a long s-maxage goes before a short max-age", "9111 5.2.2.10",
     "Cache-Control: max-age=0, s-maxage=3600")
kept("a long s-maxage goes before max-age=0 and an Expires in the past", "9111 5.2.2.10",
     "Cache-Control: max-age=0, s-maxage=3600", "Expires: {-10}")
kept("an empty member of the list says nothing", "9110 5.6.1.2",
     "Cache-Control: , , max-age=3600,")
not_kept("no lifetime at all", "9111 3")
not_kept("max-age=0", "9111 5.2.2.1", "Cache-Control: max-age=0")
not_kept("max-age=0 with an Expires in the future", "9111 5.3",
         "Cache-Control: max-age=0", "Expires: {+3600}")
not_kept("a negative max-age", "9111 4.2.1", "Cache-Control: max-age=-3600")
not_kept("max-age in single quotes", "9111 4.2.1", "Cache-Control: max-age='3600'")
not_kept("max-age with a letter before it", "9111 4.2.1", "Cache-Control: max-age=a3600")
not_kept("max-age with a letter behind it", "9111 4.2.1", "Cache-Control: max-age=3600a")
not_kept("a decimal max-age", "9111 4.2.1", "Cache-Control: max-age=3600.5")
not_kept("max-age without a value", "9111 4.2.1", "Cache-Control: max-age")
not_kept("max-age with a blank before its equals sign", "9111 5.2",
         "Cache-Control: max-age =3600")
not_kept("max-age with a blank behind its equals sign", "9111 5.2",
         "Cache-Control: max-age= 3600")
not_kept("a max-age within a quoted string, before the real one", "9111 5.2",
         'Cache-Control: strange="max-age=3600", max-age=0')
not_kept("a max-age within a quoted string, behind the real one", "9111 5.2",
         'Cache-Control: max-age=0, strange="max-age=3600"')
not_kept("a max-age within a quoted string with an escaped quote", "9110 5.6.4",
         'Cache-Control: strange="a\\", max-age=3600, b", max-age=0')
not_kept("a max-age whose name has something before it", "9111 5.2.3",
         "Cache-Control: x-max-age=3600")
not_kept("a short s-maxage goes before a long max-age", "9111 5.2.2.10",
         "Cache-Control: max-age=3600, s-maxage=0")
not_kept("a short s-maxage goes before a long max-age, the other way round", "9111 5.2.2.10",
         "Cache-Control: s-maxage=0, max-age=3600")
not_kept("a short s-maxage goes before a long max-age, on lines of their own", "9110 5.3",
         "Cache-Control: max-age=3600", "Cache-Control: s-maxage=0")
not_kept("the first of two max-age counts", "9111 4.2.1",
         "Cache-Control: max-age=0, max-age=3600")
case("max-age passes", "9111 4.2",
     step("miss", "Cache-Control: max-age=1", wait=2.1), step("miss"))
case("s-maxage passes", "9111 4.2",
     step("miss", "Cache-Control: s-maxage=1, max-age=3600", wait=2.1), step("miss"))
case("Expires passes", "9111 4.2",
     step("miss", "Expires: {+1}", wait=2.1), step("miss"))

# --- Expires -------------------------------------------------------------------------------------

kept("Expires", "9111 5.3", "Expires: {+3600}")
kept("Expires in the form of RFC 850", "9110 5.6.7", "Expires: {850:+3600}")
kept("Expires in the form of asctime", "9110 5.6.7", "Expires: {asctime:+3600}")
kept("Expires behind what 32 bits can hold", "9111 5.3", "Expires: Tue, 19 Jan 2038 14:14:08 GMT")
kept("Expires far away", "9111 5.3", "Expires: Sun, 21 Nov 2286 04:46:39 GMT")
kept("Expires with the day of the week in capitals", "9111 4.2",
     "Expires: THU, 18 Aug 2050 02:01:18 GMT")
kept("Expires with the month in capitals", "9111 4.2", "Expires: Thu, 18 AUG 2050 02:01:18 GMT")
kept("Expires with the zone in lower case", "9111 4.2", "Expires: Thu, 18 Aug 2050 02:01:18 gmt")
kept("Expires with a Date that is none", "9110 6.6.1", "Date: strange", "Expires: {+60}")
kept("Expires without a Date", "9110 6.6.1", "Date: -", "Expires: {+60}")
not_kept("Expires in the past", "9111 5.3", "Expires: {-3600}")
not_kept("Expires now", "9111 5.3", "Expires: {+0}", "Date: {+0}")
not_kept("Expires before Date, both in the future", "9111 4.2.1",
         "Expires: {+300}", "Date: {+400}")
for value in ("0", "-1", "", "tomorrow", "3600", "{iso:+3600}",
              "Thu, 18 Aug 2050 02:01:18 UTC", "Thu, 18 Aug 2050 02:01:18 AEST",
              "Thu, 18 Aug 2050 02:01:18", "Thu, 18 Aug 50 02:01:18 GMT",
              "Thu 18 Aug 2050 02:01:18 GMT", "Thu, 18  Aug  2050 02:01:18 GMT",
              "Thu, 18-Aug-2050 02:01:18 GMT", "Thu, 18 Aug 2050 02.01.18 GMT",
              "Thu, 18 Aug 2050 2:01:18 GMT", "Thu, 18 Aug 2050 25:01:18 GMT",
              "Thu, 18 Foo 2050 02:01:18 GMT"):
    not_kept(f"Expires: {value or 'nothing'}", "9111 5.3", f"Expires: {value}")
not_kept("an Expires that is no date on each of two lines", "9111 5.3",
         "Expires: Thu, 18 Aug 2050 2:01:18 GMT", "Expires: Thu, 18 Aug 2050 2:01:19 GMT")

# --- Age -----------------------------------------------------------------------------------------


def aged(name, age, *, fresh, more=("Cache-Control: max-age=3600",)):
    lines = [f"Age: {value}" for value in age]
    case(name, "9111 5.1", step("miss", *more, *lines), step("hit" if fresh else "miss"))


aged("an Age that is more than max-age", ["7200"], fresh=False)
aged("an Age that is less than max-age", ["1800"], fresh=True)
aged("an Age that is just max-age", ["3600"], fresh=False)
aged("an Age that is more than s-maxage", ["7200"], fresh=False,
     more=["Cache-Control: max-age=9000, s-maxage=3600"])
aged("an Age of 2^31 - 1", ["2147483647"], fresh=False)
aged("an Age of 2^31", ["2147483648"], fresh=False)
aged("an Age of 2^31 + 1", ["2147483649"], fresh=False)
aged("an Age beyond 64 bits", ["99999999999999999999"], fresh=False)
aged("an Age that is no number", ["strange"], fresh=True)
aged("a negative Age", ["-7200"], fresh=True)
aged("a decimal Age", ["7200.0"], fresh=True)
aged("an empty Age", [""], fresh=True)
aged("a list as Age, the first old", ["7200, 0"], fresh=False)
aged("a list as Age, the first new", ["0, 7200"], fresh=True)
aged("two lines of Age, the first old", ["7200", "0"], fresh=False)
aged("two lines of Age, the first new", ["0", "7200"], fresh=True)
aged("two Ages of 0 on one line", ["0, 0"], fresh=True)
aged("two Ages of 0 on two lines", ["0", "0"], fresh=True)
aged("two Ages alike that are less than max-age", ["1800", "1800"], fresh=True)
aged("an Age that is more than Expires less a slow Date", ["25"], fresh=False,
     more=["Date: {-10}", "Expires: {+10}"])
aged("an Age that is more than Expires less a fast Date", ["15"], fresh=False,
     more=["Date: {+10}", "Expires: {+20}"])
case("a Date in the past makes an answer with Expires old", "9111 4.2.3",
     step("miss", "Date: {-7200}", "Expires: {-3600}"), step("miss"))
case("what is answered from the store tells its Age", "9111 4 and 5.1",
     step("miss", "Cache-Control: max-age=3600", wait=2.1), step("hit", has=[("Age", 2)]))
case("the Age counts on from the origin's, with max-age", "9111 4.2.3",
     step("miss", "Cache-Control: max-age=3600", "Age: 30", wait=2.1),
     step("hit", has=[("Age", 32)]))
case("the Age counts on from the origin's, with Expires", "9111 4.2.3",
     step("miss", "Expires: {+3600}", "Age: 30", wait=2.1), step("hit", has=[("Age", 32)]))
case("Date stays as it came, with max-age", "9110 6.6.1",
     step("miss", "Cache-Control: max-age=3600", "Date: {@-5}", wait=2.1),
     step("hit", has=["Date: {@-5}"]))
case("Date stays as it came, with Expires", "9110 6.6.1",
     step("miss", "Expires: {@+3600}", "Date: {@-5}", wait=2.1),
     step("hit", has=["Date: {@-5}", "Expires: {@+3600}"]))

# --- Guessed lifetimes ---------------------------------------------------------------------------

GUESSED = {200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501}
NOT_GUESSED = {201, 202, 302, 303, 307, 400, 403, 451, 500, 502, 503, 504, 599}
for status in sorted(GUESSED | NOT_GUESSED):
    case(f"{status} with Last-Modified alone", "9111 4.2.2 and 9110 15.1",
         step("miss", "Last-Modified: {-86400}", answers=status),
         step("hit" if status in GUESSED else "miss", answers=status))
case("599 with Last-Modified and public", "9111 5.2.2.9",
     step("miss", "Last-Modified: {-86400}", "Cache-Control: public", answers=599), step("hit"))
case("a Last-Modified of just now gives no time", "9111 4.2.2",
     step("miss", "Last-Modified: {@+0}", "Date: {@+0}"), step("modified", "Date: {+0}"))
case("a Last-Modified in the future gives no time", "9111 4.2.2",
     step("miss", "Last-Modified: {@+600}"), step("any", got=["If-Modified-Since: {@+600}"]))
case("a Last-Modified that is no date gives no time", "9111 4.2.2",
     step("miss", "Last-Modified: strange"), step("any", got=["X-Step"]))
