# SPDX-License-Identifier: Apache-2.0
"""Asking whether what is stored is still good, and being asked (RFC 9111 section 4.3)."""

from conformance.model import Table, step

TABLE = Table()
case = TABLE.case
HOUR = "Cache-Control: max-age=3600"
STALE = ("Cache-Control: max-age=60", "Age: 60")
TAG = 'ETag: "abc"'
MODIFIED = "Last-Modified: {@-10000}"
COOKIE = "Set-Cookie: session=of-step-{n}"

# --- What we ask the origin ----------------------------------------------------------------------

case("what is stale is asked for by its ETag", "9111 4.3.1",
     step("miss", *STALE, TAG), step("etag", got=['If-None-Match: "abc"'], status=200))
case("what is stale is asked for by its weak ETag", "9111 4.3.1",
     step("miss", *STALE, 'ETag: W/"abc"'), step("etag", got=['If-None-Match: W/"abc"']))
case("what is stale is asked for by its Last-Modified", "9111 4.3.1",
     step("miss", *STALE, MODIFIED), step("modified", got=["If-Modified-Since: {@-10000}"]))
case("what is stale is asked for by both", "9111 4.3.1",
     step("miss", *STALE, TAG, MODIFIED),
     step("etag", got=['If-None-Match: "abc"', "If-Modified-Since: {@-10000}"]))
case("what is stale and has no validator is asked for without a condition", "9111 4.3.1",
     step("miss", "Cache-Control: max-age=1", wait=2.1),
     step("miss", got_lacks=["If-None-Match", "If-Modified-Since"]))
case("the new answer takes the place of the stale one", "9111 4.3.3",
     step("miss", *STALE, TAG), step("miss", HOUR, 'ETag: "def"', got=['If-None-Match: "abc"']),
     step("hit", has=['ETag: "def"']))
case("what is fresh by a 304 is not asked for again", "9111 4.3.4",
     step("miss", *STALE, TAG), step("etag", HOUR, TAG, "Age: 0"), step("hit"))
case("a 304 that says nothing of the time has it asked for again", "9111 4.3.4",
     step("miss", *STALE, TAG, "Date: {-100}"), step("etag", "Age: 100"), step("etag"))
case("no-cache has it asked for each time", "9111 5.2.2.4",
     step("miss", "Cache-Control: no-cache", TAG), step("etag"), step("etag"))
case("no-cache goes before a lifetime", "9111 5.2.2.4",
     step("miss", "Cache-Control: max-age=3600, no-cache", "Expires: {+3600}", TAG), step("etag"))
case("no-cache in any case", "9111 5.2.2.4",
     step("miss", "Cache-Control: max-age=3600, No-CaChE", TAG), step("etag"))
case("no-cache without a validator", "9111 5.2.2.4",
     step("miss", "Cache-Control: max-age=3600, no-cache"), step("miss"))
case("no-cache with an empty list", "9111 5.2.2.4",
     step("miss", 'Cache-Control: max-age=3600, no-cache=""', TAG), step("etag"))
case("must-revalidate is fresh while it is", "9111 5.2.2.2",
     step("miss", "Cache-Control: max-age=3600, must-revalidate", TAG), step("hit"))
case("must-revalidate is asked for once it is stale", "9111 5.2.2.2",
     step("miss", "Cache-Control: max-age=2, must-revalidate", TAG), step("hit", wait=3.1),
     step("etag", "Cache-Control: max-age=2, must-revalidate"))
case("the fields that Vary names go along with the condition", "9111 4.3.1",
     step("miss", *STALE, TAG, "Vary: X-A", sent=["X-A: 1"]),
     step("etag", sent=["X-A: 1"], got=["X-A: 1"]))
case("another variant is not asked for by the ETag of this one", "9111 4.3.1",
     step("miss", HOUR, TAG, "Vary: X-A", sent=["X-A: 1"]),
     step("miss", sent=["X-A: 2"], got_lacks=['If-None-Match: "abc"']))
case("a 304 for another ETag has it fetched whole", "9111 4.3.4",
     step("miss", *STALE, TAG), step("miss", HOUR, 'ETag: "def"', refuses="ETag: \"other\""),
     step("hit", has=['ETag: "def"']))
case("an error of the origin does not take the place of what is stored", "9111 4.3.3",
     step("miss", "Cache-Control: no-cache", TAG), step("miss", answers=500), step("etag"))

# --- What a 304 changes --------------------------------------------------------------------------

case("what a 304 leaves out stays", "9111 3.2",
     step("miss", *STALE, MODIFIED, "X-A: 1"), step("modified", MODIFIED, has=["X-A: 1"]))
CHANGED = (("Test-Header: a", "Test-Header: b"), ("X-Test-Header: a", "X-Test-Header: b"),
           ("Content-Foo: a", "Content-Foo: b"), ("X-Content-Foo: a", "X-Content-Foo: b"),
           ("Content-Type: text/plain", "Content-Type: text/plain;charset=utf-8"),
           ("Content-Location: /foo", "Content-Location: /bar"),
           ("Content-Security-Policy: default-src 'self'",
            "Content-Security-Policy: default-src 'none'"),
           ("X-Frame-Options: deny", "X-Frame-Options: sameorigin"),
           ("Clear-Site-Data: cache", "Clear-Site-Data: cookies"),
           ("Expires: {@+10}", "Expires: {@+7200}"),
           ("Content-MD5: rL0Y20zC+Fzt72VPzMSk2A==", "Content-MD5: N7UdGUp1E+RbVvZSTy1R8g=="))
for before, after in CHANGED:
    name = before.split(":")[0]
    case(f"a 304 changes {name}, of this answer and of the next", "9111 3.2",
         step("miss", *STALE, TAG, before, has=[before]),
         step("etag", HOUR, TAG, "Age: 0", after, has=[after]), step("hit", has=[after]))
case("a 304 changes Cache-Control", "9111 3.2",
     step("miss", *STALE, TAG), step("etag", HOUR, "Age: 0", has=[HOUR]), step("hit", has=[HOUR]))
case("a 304 changes Cache-Control, found by Last-Modified", "9111 3.2",
     step("miss", *STALE, MODIFIED), step("modified", HOUR, "Age: 0", has=[HOUR]),
     step("hit", has=[HOUR]))
for field in ("Content-Length: 3", "Content-Encoding: strange", "Content-Range: bytes 0-2/3"):
    name = field.split(":")[0]
    case(f"a 304 does not change {name}", "9111 3.2",
         step("miss", *STALE, TAG, body="0123456789"),
         step("etag", HOUR, "Age: 0", field, lacks=[field], has=["Content-Length: 10"],
              text="0123456789"),
         step("hit", lacks=[field], text="0123456789"))
for field in ("Connection: x-a", "Keep-Alive: strange", "Proxy-Authenticate: Basic",
              "Upgrade: strange"):
    case(f"a 304 brings no {field.split(':')[0]} in", "9111 3.1",
         step("miss", *STALE, TAG, "X-A: 1"), step("etag", HOUR, "Age: 0", field, "X-A: 2"),
         step("hit", has=["X-A: 1" if "x-a" in field else "X-A: 2"], lacks=[field]))
case("a 304 sets Age and Date anew", "9111 4.3.4",
     step("miss", *STALE, TAG, "Date: {-60}"), step("etag", HOUR, TAG, "Date: {@+0}"),
     step("hit", has=["Date: {@+0}"], lacks=["Age: 6"]))
case("a 304 with no-store takes out what is stored", "9111 5.2.2.5",
     step("miss", *STALE, TAG), step("etag", "Cache-Control: no-store", TAG),
     step("miss", got_lacks=["If-None-Match"]))
case("a 304 with private takes out what is stored", "9111 5.2.2.7",
     step("miss", *STALE, TAG), step("etag", "Cache-Control: private, max-age=60", TAG),
     step("miss", got_lacks=["If-None-Match"]))
case("the cookie of a 304 goes to who asked, and to nobody else", "9111 7.3 and 6265 3",
     step("miss", *STALE, TAG),
     step("etag", "Cache-Control: public, max-age=3600", "Age: 0", COOKIE, has=[COOKIE]),
     step("hit", lacks=["Set-Cookie"]))
case("the cookie of a 304 that is not for all goes to who asked", "9111 7.3",
     step("miss", *STALE, TAG), step("etag", HOUR, "Age: 0", COOKIE, has=[COOKIE]),
     step("any", TAG, lacks=["Set-Cookie"]))

# --- What clients ask us -------------------------------------------------------------------------


def asked_with(name, section, fields, sent, status):
    case(name, section, step("miss", HOUR, *fields), step("hit", sent=sent, status=status))


asked_with("If-None-Match with the ETag", "9111 4.3.2", [TAG], ['If-None-Match: "abc"'], 304)
asked_with("If-None-Match with a weak ETag", "9110 13.1.2", ['ETag: W/"abc"'],
           ['If-None-Match: W/"abc"'], 304)
asked_with("If-None-Match weak against a strong ETag", "9110 8.8.3.2", [TAG],
           ['If-None-Match: W/"abc"'], 304)
asked_with("If-None-Match with another ETag", "9110 13.1.2", [TAG], ['If-None-Match: "x"'], 200)
asked_with("If-None-Match with the ETag first of three", "9110 13.1.2", [TAG],
           ['If-None-Match: "abc", "1", "2"'], 304)
asked_with("If-None-Match with the ETag in the middle", "9110 13.1.2", [TAG],
           ['If-None-Match: "1", "abc", "2"'], 304)
asked_with("If-None-Match with the ETag last", "9110 13.1.2", [TAG],
           ['If-None-Match: "1", "2", "abc"'], 304)
asked_with("If-None-Match with an ETag that holds a comma", "9110 8.8.3", ['ETag: "a,b"'],
           ['If-None-Match: "x", "a,b"'], 304)
asked_with("If-None-Match: *", "9110 13.1.2", [TAG], ["If-None-Match: *"], 304)
asked_with("If-None-Match of what has no ETag", "9110 13.1.2", [], ['If-None-Match: "abc"'], 200)
asked_with("If-Modified-Since with the Last-Modified", "9111 4.3.2", [MODIFIED],
           ["If-Modified-Since: {@-10000}"], 304)
asked_with("If-Modified-Since with a later date", "9110 13.1.3", [MODIFIED],
           ["If-Modified-Since: {@-9000}"], 304)
asked_with("If-Modified-Since with an earlier date", "9110 13.1.3", [MODIFIED],
           ["If-Modified-Since: {@-11000}"], 200)
asked_with("If-Modified-Since in the form of RFC 850", "9110 5.6.7", [MODIFIED],
           ["If-Modified-Since: {850:@-10000}"], 304)
asked_with("If-Modified-Since in the form of asctime", "9110 5.6.7", [MODIFIED],
           ["If-Modified-Since: {asctime:@-10000}"], 304)
asked_with("If-Modified-Since that is no date", "9110 13.1.3", [MODIFIED],
           ["If-Modified-Since: strange"], 200)
asked_with("If-Modified-Since without a Last-Modified: by Date, which is older", "9111 4.3.2",
           ["Date: {@-100}"], ["If-Modified-Since: {@-50}"], 304)
asked_with("If-Modified-Since without a Last-Modified: by Date, which is newer", "9111 4.3.2",
           ["Date: {@-100}"], ["If-Modified-Since: {@-3000}"], 200)
asked_with("If-None-Match goes before If-Modified-Since, which has not changed", "9110 13.2.2",
           [TAG, MODIFIED], ['If-None-Match: "x"', "If-Modified-Since: {@-1}"], 200)
asked_with("If-None-Match goes before If-Modified-Since, which has changed", "9110 13.2.2",
           [TAG, MODIFIED], ['If-None-Match: "abc"', "If-Modified-Since: {@-20000}"], 304)
case("a 304 of ours has what it must", "9110 15.4.5",
     step("miss", HOUR, TAG, "Date: {@-5}", "Expires: {@+60}", "Vary: X-A",
          "Content-Location: /a"),
     step("hit", sent=['If-None-Match: "abc"'], status=304, text="",
          has=[TAG, "Date: {@-5}", "Expires: {@+60}", "Vary: X-A", "Content-Location: /a", HOUR],
          lacks=["Content-Type"]))
case("a condition about what is stale is answered after it was asked for", "9111 4.3.2",
     step("miss", *STALE, TAG),
     step("etag", HOUR, "Age: 0", sent=['If-None-Match: "abc"'], status=304))
case("a condition about what is not stored: the whole is fetched, and the condition judged",
     "9111 4.3.2",
     step("miss", HOUR, TAG, sent=['If-None-Match: "abc"'], got_lacks=["If-None-Match"],
          status=304), step("hit", status=200))
case("the client's 304 is not stored as an answer", "9111 4.3.3",
     step("any", HOUR, TAG, answers=304, sent=['If-None-Match: "abc"'], status=304),
     step("miss", HOUR, TAG), step("hit"))
for condition in ('If-Match: "abc"', "If-Unmodified-Since: {@+0}"):
    case(f"{condition.split(':')[0]} is the origin's to judge", "9111 4.3.2",
         step("miss", HOUR, TAG), step("miss", answers=412, sent=[condition], got=[condition]),
         step("hit"))

# --- What a HEAD says of a stored GET ------------------------------------------------------------

case("HEAD goes to the origin when what is stored is stale", "9111 4.3.5",
     step("miss", "Cache-Control: max-age=1", "X-A: 1", wait=2.1),
     step("any", method="HEAD", got_method="HEAD"))
case("a HEAD makes what is stored fresh", "9111 4.3.5",
     step("miss", *STALE, TAG, body="0123456789"),
     step("any", HOUR, "Age: 0", TAG, method="HEAD", body="0123456789", got_method="HEAD"),
     step("hit", text="0123456789", status=200))
case("a HEAD changes the fields of what is stored", "9111 4.3.5",
     step("miss", "Cache-Control: max-age=2", "X-A: 1", "X-B: 1", TAG, body="0123456789",
          wait=3.1),
     step("any", HOUR, "X-A: 2", TAG, method="HEAD", body="0123456789", answers=200),
     step("hit", has=["X-A: 2", "X-B: 1"], text="0123456789", status=200))
case("a HEAD with another ETag: what is stored is no longer good", "9111 4.3.5",
     step("miss", "Cache-Control: max-age=2", TAG, wait=3.1),
     step("any", HOUR, 'ETag: "def"', method="HEAD"), step("miss", got_lacks=["If-None-Match"]))
case("a HEAD with another length: what is stored is no longer good", "9111 4.3.5",
     step("miss", "Cache-Control: max-age=2", body="0123456789", wait=3.1),
     step("any", HOUR, method="HEAD", body="01234"), step("miss"))
case("a HEAD with private takes out what is stored", "9111 4.3.5 and 5.2.2.7",
     step("miss", *STALE, TAG),
     step("any", "Cache-Control: private, max-age=60", TAG, method="HEAD"),
     step("miss", got_lacks=["If-None-Match"]))
case("a HEAD with Authorization makes nothing fresh for others", "9111 4.3.5 and 3.5",
     step("miss", *STALE, TAG),
     step("any", HOUR, "Age: 0", TAG, method="HEAD", sent=["Authorization: a"]), step("etag"))
case("a HEAD that is answered with 410 changes nothing stored", "9111 4.3.5",
     step("miss", "Cache-Control: max-age=2", "X-A: 1", TAG, wait=3.1),
     step("any", HOUR, "X-A: 2", method="HEAD", answers=410, status=410),
     step("etag", has=["X-A: 1"]))
