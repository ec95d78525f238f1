# SPDX-License-Identifier: Apache-2.0
"""What is stored, and how (RFC 9111 sections 3 and 5.2.2)."""

from conformance.model import Table, step

TABLE = Table()
case = TABLE.case
HOUR = "Cache-Control: max-age=3600"

# --- By status -----------------------------------------------------------------------------------

STATUSES = (200, 203, 204, 299, 300, 301, 302, 303, 307, 308, 400, 403, 404, 405, 410, 414, 451,
            499, 500, 501, 502, 503, 504, 599)
for status in STATUSES:
    case(f"a fresh {status} is used again", "9111 3",
         step("miss", HOUR, answers=status), step("hit"))
    case(f"a stale {status} is not used again", "9111 4.2",
         step("miss", "Expires: {-5000}", "Last-Modified: {-100000}", answers=status),
         step("miss"))
# They say nothing about the target: of one part, of a condition, of who asks too much.
for status in (206, 412, 416, 428, 429, 431, 511):
    case(f"a {status} is not used again", "9111 3 and 6585 3 to 6",
         step("miss", HOUR, answers=status), step("miss", HOUR))
case("no-store with must-understand, of a status that is understood", "9111 5.2.2.3",
     step("miss", "Cache-Control: max-age=3600, no-store, must-understand"), step("hit"))
case("no-store with must-understand, of a status that is not", "9111 5.2.2.3",
     step("miss", "Cache-Control: max-age=3600, no-store, must-understand", answers=599,
          secret=True), step("miss"))
case("must-understand alone, of a status that is not understood", "9111 5.2.2.3",
     step("miss", "Cache-Control: max-age=3600, must-understand", answers=599), step("miss"))

# --- What is not for others ----------------------------------------------------------------------


def kept_secret(name, section, *fields, sent=()):
    case(name, section, step("miss", *fields, sent=sent, secret=True), step("miss", secret=True),
         step("miss"))


kept_secret("no-store", "9111 5.2.2.5", "Cache-Control: no-store")
kept_secret("no-store in any case", "9111 5.2.2.5", "Cache-Control: No-StOrE")
kept_secret("no-store with a lifetime", "9111 5.2.2.5",
            "Cache-Control: max-age=3600, no-store", "Expires: {+3600}")
kept_secret("no-store on a line of its own", "9110 5.3", HOUR, "Cache-Control: no-store")
kept_secret("no-store with a value", "9111 5.2", "Cache-Control: max-age=3600, no-store=1")
kept_secret("no-store behind a quote without end", "9111 5.2",
            'Cache-Control: max-age=3600, strange="a, no-store')
kept_secret("no-store with public and s-maxage", "9111 5.2.2.5",
            "Cache-Control: public, s-maxage=3600, no-store")
kept_secret("private", "9111 5.2.2.7", "Cache-Control: private, max-age=3600")
kept_secret("private in any case", "9111 5.2.2.7", "Cache-Control: PriVate, max-age=3600")
kept_secret("private with s-maxage", "9111 5.2.2.7", "Cache-Control: s-maxage=3600, private")
kept_secret("private with an empty list", "9111 5.2.2.7",
            'Cache-Control: max-age=3600, private=""')
kept_secret("private with public", "9111 5.2.2.7", "Cache-Control: public, max-age=3600, private")
kept_secret("private in an answer with Last-Modified", "9111 5.2.2.7",
            "Cache-Control: private", "Last-Modified: {-86400}")
kept_secret("no-store of a request", "9111 5.2.1.5", HOUR, sent=["Cache-Control: no-store"])
case("private that names a field: all but it", "9111 5.2.2.7",
     step("miss", 'Cache-Control: max-age=3600, private="x-mine"', "X-Mine: 1", "X-All: 2",
          has=["X-Mine: 1"]),
     step("hit", has=["X-All: 2"], lacks=["X-Mine"]))
case("no-cache that names a field: all but it", "9111 5.2.2.4",
     step("miss", 'Cache-Control: max-age=3600, no-cache="x-mine"', "X-Mine: 1", "X-All: 2",
          has=["X-Mine: 1"]),
     step("hit", has=["X-All: 2"], lacks=["X-Mine"]))
case("no-cache that names two fields: all but them", "9111 5.2.2.4",
     step("miss", 'Cache-Control: no-cache="x-mine, X-Yours"', HOUR, "X-Mine: 1", "X-Yours: 3",
          "X-All: 2"),
     step("hit", has=["X-All: 2"], lacks=["X-Mine", "X-Yours"]))

# --- Requests with Authorization -----------------------------------------------------------------

TOKEN = ("Authorization: Bearer of-step-1",)


def authorized(name, *fields, shared):
    case(name, "9111 3.5",
         step("miss", *fields, sent=TOKEN, secret=not shared, got=TOKEN),
         step("hit" if shared else "miss"))


authorized("Authorization with max-age", HOUR, shared=False)
authorized("Authorization with Expires", "Expires: {+3600}", shared=False)
authorized("Authorization with Last-Modified", "Last-Modified: {-86400}", shared=False)
authorized("Authorization with public", "Cache-Control: max-age=3600, public", shared=True)
authorized("Authorization with must-revalidate", "Cache-Control: max-age=3600, must-revalidate",
           shared=True)
authorized("Authorization with s-maxage", "Cache-Control: s-maxage=3600", shared=True)
authorized("Authorization with proxy-revalidate", "Cache-Control: max-age=3600, proxy-revalidate",
           shared=False)
case("another's Authorization gets an answer of its own", "9111 3.5",
     step("miss", HOUR, sent=TOKEN, secret=True),
     step("miss", HOUR, sent=["Authorization: Bearer of-step-2"], secret=True),
     step("miss", HOUR), step("hit"))
case("Authorization gets what is stored for all", "9111 3.5",
     step("miss", HOUR), step("hit", sent=["Authorization: Bearer of-step-2"]))

# --- Cookies -------------------------------------------------------------------------------------

COOKIE = "Set-Cookie: session=of-step-{n}; HttpOnly"
case("Set-Cookie in an answer that does not say that it is for all", "9111 7.3",
     step("miss", HOUR, COOKIE, has=[COOKIE], secret=True), step("miss", HOUR, COOKIE))
case("Set-Cookie in an answer with public: kept without it", "9111 7.3",
     step("miss", "Cache-Control: public, max-age=3600", COOKIE, has=[COOKIE]),
     step("hit", lacks=["Set-Cookie"]))
case("Set-Cookie in an answer with s-maxage: kept without it", "9111 7.3",
     step("miss", "Cache-Control: s-maxage=3600", COOKIE, has=[COOKIE]),
     step("hit", lacks=["Set-Cookie"]))
case("two Set-Cookie go to who asked, each on its line", "6265 3",
     step("miss", COOKIE, "Set-Cookie: b=of-step-{n}",
          has=[COOKIE, "Set-Cookie: b=of-step-{n}"]),
     step("miss"))
case("a request with Cookie gets what is stored", "9111 4",
     step("miss", HOUR), step("hit", sent=["Cookie: a=b"]))
case("no lifetime is guessed for the answer to a request with Cookie", "9111 4.2.2",
     step("miss", "Last-Modified: {-86400}", sent=["Cookie: a=b"], secret=True), step("miss"))

# --- Which fields --------------------------------------------------------------------------------

KEPT = ("Test-Header: a b", "X-Test-Header: 1", "Content-Foo: 1", "X-Content-Foo: 1",
        "Content-Encoding: strange", "Content-Location: /bar",
        "Content-MD5: N7UdGUp1E+RbVvZSTy1R8g==", "Content-Range: strange",
        "Content-Security-Policy: default-src 'self'", "Content-Type: text/plain; charset=utf-8",
        "Content-Language: de", "Clear-Site-Data: cookies", 'ETag: "ghijkl"',
        "Expires: Mon, 11 Jan 2038 11:11:11 GMT", "Last-Modified: Wed, 01 Jan 2020 00:00:00 GMT",
        "Public-Key-Pins: strange", "X-Frame-Options: sameorigin", "X-XSS-Protection: 1",
        "Strict-Transport-Security: max-age=1", "WWW-Authenticate: Basic", "Link: </a>; rel=next",
        "Content-Disposition: attachment; filename=a.txt", "Retry-After: 5", "Pragma: strange",
        "Access-Control-Allow-Origin: *", "Server-Timing: a;dur=1", "Trailer-Like: x")
for field in KEPT:
    case(f"{field.split(':')[0]} is stored", "9111 3.1",
         step("miss", HOUR, field, has=[field]), step("hit", has=[field]))
case("Cache-Control is stored", "9111 3.1",
     step("miss", "Cache-Control: max-age=3600, strange=1"),
     step("hit", has=["Cache-Control: max-age=3600, strange=1"]))
for field in ("Keep-Alive: strange", "Proxy-Authenticate: Basic", "Proxy-Connection: strange",
              "Proxy-Authentication-Info: strange", "Proxy-Authorization: strange", "TE: strange",
              "Upgrade: strange"):
    case(f"{field.split(':')[0]} is not stored", "9111 3.1",
         step("miss", HOUR, field), step("hit", lacks=[field]))
case("what Connection names is not stored", "9111 3.1 and 9110 7.6.1",
     step("miss", HOUR, "Connection: x-a, X-B", "X-A: 1", "x-b: 2", "X-C: 3"),
     step("hit", has=["X-C: 3"], lacks=["X-A", "X-B", "Connection: x-a"]))
case("two lines of one field stay two members", "9110 5.3",
     step("miss", HOUR, "X-List: a", "X-List: b"), step("hit", has=["X-List: a", "X-List: b"]))

# --- Whole answers, and of which methods ---------------------------------------------------------

case("an answer that breaks off is not stored", "9111 3.3",
     step("any", HOUR, fate="cut"), step("miss", HOUR), step("hit"))
case("an answer of unknown length is stored", "9112 7.1",
     step("miss", HOUR, chunked=True), step("hit"))
case("an empty answer is stored", "9111 3",
     step("miss", HOUR, body="", text=""), step("hit", text=""))
case("a query makes another object", "9111 2",
     step("miss", HOUR, path="?a=1"), step("miss", HOUR, path="?a=2"), step("hit", path="?a=1"))
case("an empty query is another target than none", "3986 6.2.3",
     step("miss", HOUR), step("miss", HOUR, path="?"))
case("the answer to a HEAD is none to a GET", "9111 4",
     step("miss", HOUR, method="HEAD"), step("miss", HOUR), step("hit"))
case("HEAD is told the length that a GET would have", "9110 8.6",
     step("miss", method="HEAD", body="0123456789", has=["Content-Length: 10"]))
case("HEAD is answered by what a GET has stored", "9110 9.3.2",
     step("miss", HOUR, body="0123456789"),
     step("hit", method="HEAD", text="", has=["Content-Length: 10"]))
for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "M-SEARCH", "LOCK"):
    case(f"the answer to {method} is none to a GET", "9111 3",
         step("miss", HOUR, method=method, secret=True), step("miss"))
    case(f"{method} is not answered by what a GET has stored", "9111 4",
         step("miss", HOUR), step("miss", method=method, got_method=method))
