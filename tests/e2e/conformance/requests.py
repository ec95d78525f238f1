# SPDX-License-Identifier: Apache-2.0
"""What clients ask of the cache, what may be served stale, parts, CDN-Cache-Control, the rest."""

from conformance.model import Table, step

TABLE = Table()
case = TABLE.case
HOUR = "Cache-Control: max-age=3600"
TAG = 'ETag: "abc"'
DIGITS = "0123456789"

# --- Directives of requests (RFC 9111 section 5.2.1, 5.4) ----------------------------------------


def wished(name, section, fields, wish, want, **more):
    case(name, section, step("miss", *fields), step(want, sent=[wish], **more))


wished("max-age=0", "9111 5.2.1.1", [HOUR], "Cache-Control: max-age=0", "miss")
wished("max-age of what is older", "9111 5.2.1.1", [HOUR, "Age: 1800"],
       "Cache-Control: max-age=600", "miss")
wished("max-age of what is younger", "9111 5.2.1.1", [HOUR, "Age: 300"],
       "Cache-Control: max-age=600", "hit")
case("max-age=1 after two seconds", "9111 5.2.1.1", step("miss", HOUR, wait=2.1),
     step("miss", sent=["Cache-Control: max-age=1"]))
case("max-stale of what has just become stale", "9111 5.2.1.2",
     step("miss", "Cache-Control: max-age=1", TAG, wait=2.1),
     step("hit", sent=["Cache-Control: max-stale=1000"]))
wished("max-stale of what came stale", "9111 5.2.1.2",
       ["Cache-Control: max-age=1500", "Age: 2000", TAG], "Cache-Control: max-stale=1000", "hit")
wished("max-stale of what is staler", "9111 5.2.1.2",
       ["Cache-Control: max-age=1500", "Age: 9000", TAG], "Cache-Control: max-stale=1000", "etag")
wished("max-stale without a number", "9111 5.2.1.2",
       ["Cache-Control: max-age=1500", "Age: 9000", TAG], "Cache-Control: max-stale", "hit")
wished("max-stale against must-revalidate", "9111 5.2.2.2",
       ["Cache-Control: max-age=1500, must-revalidate", "Age: 2000", TAG],
       "Cache-Control: max-stale=1000", "etag")
wished("max-stale against s-maxage", "9111 5.2.2.10",
       ["Cache-Control: s-maxage=1500", "Age: 2000", TAG], "Cache-Control: max-stale=1000", "etag")
wished("max-stale against no-cache", "9111 5.2.2.4",
       ["Cache-Control: no-cache", TAG], "Cache-Control: max-stale=1000", "etag")
wished("min-fresh of what is not", "9111 5.2.1.3", ["Cache-Control: max-age=1500"],
       "Cache-Control: min-fresh=2000", "miss")
wished("min-fresh of what is not any more", "9111 5.2.1.3",
       ["Cache-Control: max-age=1500", "Age: 1000"], "Cache-Control: min-fresh=1000", "miss")
wished("min-fresh of what is", "9111 5.2.1.3", ["Cache-Control: max-age=1500"],
       "Cache-Control: min-fresh=1000", "hit")
wished("no-cache", "9111 5.2.1.4", [HOUR], "Cache-Control: no-cache", "miss")
wished("no-cache asks by the ETag", "9111 5.2.1.4", [HOUR, TAG], "Cache-Control: no-cache", "etag")
wished("no-cache asks by Last-Modified", "9111 5.2.1.4", [HOUR, "Last-Modified: {@-10000}"],
       "Cache-Control: no-cache", "modified")
wished("an unknown directive", "9111 5.2.3", [HOUR], "Cache-Control: strange=1", "hit")
wished("only-if-cached of what is stored", "9111 5.2.1.7", [HOUR],
       "Cache-Control: only-if-cached", "hit")
case("only-if-cached of what is not", "9111 5.2.1.7",
     step("error", sent=["Cache-Control: only-if-cached"], status=504))
case("only-if-cached of what is stale", "9111 5.2.1.7",
     step("miss", "Cache-Control: max-age=60", "Age: 60", TAG),
     step("error", sent=["Cache-Control: only-if-cached"], status=504))
wished("Pragma: no-cache", "9111 5.4", [HOUR], "Pragma: no-cache", "miss")
wished("Pragma: strange", "9111 5.4", [HOUR], "Pragma: strange", "hit")
case("Pragma where there is Cache-Control", "9111 5.4", step("miss", HOUR),
     step("hit", sent=["Cache-Control: max-age=60", "Pragma: no-cache"]))
case("Pragma: no-cache in an answer means nothing", "9111 5.4",
     step("miss", HOUR, "Pragma: no-cache"), step("hit"))

# --- Stale answers (RFC 9111 section 4.2.4, RFC 5861) --------------------------------------------

STALE = "Cache-Control: max-age=1"
case("an origin that closes: what is stale", "9111 4.2.4",
     step("miss", STALE, wait=2.1), step("older", fate="close"))
case("an origin that says 503: what is stale", "5861 4",
     step("miss", STALE, wait=2.1), step("older", answers=503, status=200))
case("stale-if-error and an origin that closes", "5861 4",
     step("miss", "Cache-Control: max-age=1, stale-if-error=60", wait=2.1),
     step("older", fate="close"))
case("stale-if-error and an origin that says 500", "5861 4",
     step("miss", "Cache-Control: max-age=1, stale-if-error=60", wait=2.1),
     step("older", answers=500, status=200))
case("stale-if-error that has passed", "5861 4",
     step("miss", "Cache-Control: max-age=60, stale-if-error=60", "Age: 200", TAG),
     step("error", fate="close"))
case("stale-if-error and an origin that says 404", "5861 4",
     step("miss", "Cache-Control: max-age=1, stale-if-error=60", wait=2.1),
     step("miss", answers=404))
for directive, section in (("must-revalidate", "5.2.2.2"), ("proxy-revalidate", "5.2.2.8"),
                           ("no-cache", "5.2.2.4"), ("s-maxage=1", "5.2.2.10")):
    case(f"{directive} and an origin that closes", f"9111 4.2.4 and {section}",
         step("miss", f"Cache-Control: max-age=1, {directive}", TAG, wait=2.1),
         step("error", fate="close"))
case("stale-while-revalidate: at once, and a new one for the next", "5861 3",
     step("miss", "Cache-Control: max-age=1, stale-while-revalidate=60", TAG, wait=2.1),
     step("older", HOUR, 'ETag: "def"', has=[TAG]),
     step("hit", has=['ETag: "def"'], eventually=True))
case("stale-while-revalidate is asked for by its ETag", "5861 3",
     step("miss", "Cache-Control: max-age=1, stale-while-revalidate=60", TAG, wait=2.1),
     step("older", HOUR, TAG), step("hit", has=[HOUR], eventually=True))
case("stale-while-revalidate by HEAD is fetched anew by GET", "5861 3 and 9110 9.3.2",
     step("miss", "Cache-Control: max-age=1, stale-while-revalidate=60", TAG, wait=2.1),
     step("older", HOUR, 'ETag: "def"', method="HEAD"),
     step("hit", has=['ETag: "def"'], eventually=True))
case("stale-while-revalidate that has passed", "5861 3",
     step("miss", "Cache-Control: max-age=60, stale-while-revalidate=60", "Age: 121", TAG),
     step("etag"))
case("stale-while-revalidate with must-revalidate", "9111 5.2.2.2",
     step("miss", "Cache-Control: max-age=60, stale-while-revalidate=60, must-revalidate",
          "Age: 61", TAG), step("etag"))
case("stale-while-revalidate and a client that says max-age=0", "9111 5.2.1.1",
     step("miss", "Cache-Control: max-age=60, stale-while-revalidate=60", "Age: 61", TAG),
     step("etag", sent=["Cache-Control: max-age=0"]))

# --- Parts (RFC 9111 section 3.3, RFC 9110 section 14) -------------------------------------------


def part(name, wish, status, text, *has, want="hit"):
    case(name, "9110 14.2 and 9111 3.3", step("miss", HOUR, TAG, "X-A: 1", body=DIGITS),
         step(want, sent=[*wish], status=status, text=text, has=["X-A: 1", *has]))


part("a range of what is stored", ["Range: bytes=0-1"], 206, "01", "Content-Range: bytes 0-1/10",
     "Content-Length: 2")
part("a range without an end", ["Range: bytes=1-"], 206, "123456789")
part("the last byte", ["Range: bytes=-1"], 206, "9", "Content-Range: bytes 9-9/10")
part("a range that goes beyond the end", ["Range: bytes=8-99"], 206, "89")
part("a range behind the end", ["Range: bytes=10-"], 416, None, "Content-Range: bytes */10")
part("a range of another unit", ["Range: lines=1-2"], 200, DIGITS)
part("a range that is none", ["Range: bytes=5-2"], 200, DIGITS)
part("a range if the ETag is the same", ["Range: bytes=0-1", 'If-Range: "abc"'], 206, "01")
part("a range if the ETag is another", ["Range: bytes=0-1", 'If-Range: "x"'], 200, DIGITS)
case("a range if the ETag is weak", "9110 13.1.5",
     step("miss", HOUR, 'ETag: W/"abc"', body=DIGITS),
     step("hit", sent=["Range: bytes=0-1", 'If-Range: W/"abc"'], status=200, text=DIGITS))
case("a range of a HEAD", "9110 14.2", step("miss", HOUR, body=DIGITS),
     step("hit", method="HEAD", sent=["Range: bytes=0-1"], status=200))
case("a condition goes before a range", "9110 13.2.2", step("miss", HOUR, TAG, body=DIGITS),
     step("hit", sent=["Range: bytes=0-1", 'If-None-Match: "abc"'], status=304, text=""))
case("a miss with a range stores the whole", "9111 3.3",
     step("miss", HOUR, TAG, body=DIGITS, sent=["Range: bytes=2-3"], status=206, text="23"),
     step("hit", text=DIGITS, status=200))
case("a part that the origin sends is never taken for the whole", "9111 3.3",
     step("any", HOUR, "Content-Range: bytes 0-4/10", answers=206, body="01234",
          sent=["Range: bytes=0-4"], status=206, text="01234"),
     step("miss", HOUR, body=DIGITS, text=DIGITS), step("hit", text=DIGITS))
case("a part that nobody asked for is never taken for the whole", "9111 3.3",
     step("any", HOUR, "Content-Range: bytes 0-4/10", answers=206, body="01234"),
     step("miss", HOUR, body=DIGITS, text=DIGITS))
case("a 416 of the origin takes nothing out", "9110 15.5.17", step("miss", HOUR, body=DIGITS),
     step("miss", sent=["Cache-Control: no-cache", "Range: bytes=50-"], answers=416),
     step("hit", text=DIGITS))

# --- CDN-Cache-Control (RFC 9213) ----------------------------------------------------------------


def targeted(name, fields, want, secret=False):
    case(name, "9213 2", step("miss", *fields, secret=secret), step(want))


CDN = "CDN-Cache-Control"
targeted("max-age", [f"{CDN}: max-age=3600"], "hit")
targeted("max-age=2^31", [f"{CDN}: max-age=2147483648"], "hit")
targeted("max-age=99999999999", [f"{CDN}: max-age=99999999999"], "hit")
targeted("max-age=0", [f"{CDN}: max-age=0"], "miss")
targeted("max-age=0 with Expires", [f"{CDN}: max-age=0", "Expires: {+3600}"], "miss")
targeted("max-age with an unknown one", [f"{CDN}: strange, max-age=3600"], "hit")
targeted("max-age with an Expires in the past", [f"{CDN}: max-age=3600", "Expires: {-3600}"],
         "hit")
targeted("max-age with an Expires that is none", [f"{CDN}: max-age=3600", "Expires: 0"], "hit")
targeted("long, with a short Cache-Control", ["Cache-Control: max-age=0", f"{CDN}: max-age=3600"],
         "hit")
targeted("short, with a long Cache-Control", [HOUR, f"{CDN}: max-age=0"], "miss")
targeted("max-age less than Age", [f"{CDN}: max-age=3600", "Age: 7200"], "miss")
targeted("private", [f"{CDN}: private", HOUR], "miss", secret=True)
targeted("no-cache", [f"{CDN}: no-cache", HOUR, "Expires: {+3600}"], "miss")
targeted("no-store", [f"{CDN}: no-store", HOUR, "Expires: {+3600}"], "miss", secret=True)
targeted("max-age, with Cache-Control: no-store", ["Cache-Control: no-store", f"{CDN}: max-age=60"],
         "hit")
targeted("s-maxage goes before max-age", [f"{CDN}: max-age=0, s-maxage=60"], "hit")
targeted("what is no dictionary is not read",
         [f"{CDN}: max-age=60, &&&&", "Cache-Control: no-store"], "miss", secret=True)
targeted("a string where a number is to be", [f'{CDN}: max-age="60"', "Cache-Control: no-store"],
         "miss", secret=True)
targeted("blanks around the equals sign", [f"{CDN}: max-age =60", "Cache-Control: max-age=0"],
         "miss")
targeted("an empty one is not read", [f"{CDN}:", HOUR], "hit")
case("clients get it, too", "9213 2.2",
     step("miss", HOUR, f"{CDN}: max-age=60", has=[f"{CDN}: max-age=60"]),
     step("hit", has=[f"{CDN}: max-age=60", HOUR, ("Age", 0)]))

# --- The rest ------------------------------------------------------------------------------------

case("a 102 goes through, and the answer is stored", "9110 15.2",
     step("miss", HOUR, interim=((102, ()),)), step("hit"))
case("a 103 goes through, and the answer is stored", "8297 2",
     step("miss", HOUR, interim=((103, ("Link: </a.css>; rel=preload", "X-A: 1")),),
          informed=[(103, "Link: </a.css>; rel=preload"), (103, "X-A: 1")]),
     step("hit"))
case("Cache-Status tells a miss and a hit", "9211 2",
     step("miss", HOUR, has=["Cache-Status"]), step("hit", has=["Cache-Status"]))
case("an origin that closes: an error, and nothing is stored", "9110 15.6.3",
     step("error", fate="close", status=502), step("miss", HOUR), step("hit"))
case("an attachment is stored as all else", "6266 4.2",
     step("miss", HOUR, "Content-Disposition: attachment; filename=a"), step("hit"))
