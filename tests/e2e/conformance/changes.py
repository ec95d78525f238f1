# SPDX-License-Identifier: Apache-2.0
"""What takes stored answers out (RFC 9111 section 4.4), and variants (section 4.1)."""

from conformance.model import Table, step

TABLE = Table()
case = TABLE.case
HOUR = "Cache-Control: max-age=3600"

# --- Invalidation --------------------------------------------------------------------------------

UNSAFE = ("POST", "PUT", "DELETE", "PATCH", "M-SEARCH", "LOCK")
for method in UNSAFE:
    case(f"{method} takes its target out", "9111 4.4",
         step("miss", HOUR), step("miss", method=method, send_body="abc"), step("miss"))
    case(f"{method} that fails takes nothing out", "9111 4.4",
         step("miss", HOUR), step("miss", method=method, send_body="abc", answers=500),
         step("hit"))
    for field in ("Location", "Content-Location"):
        case(f"{method} takes out what {field} names", "9111 4.4",
             step("miss", HOUR, path="/there"),
             step("miss", f"{field}: {{url}}/there", method=method, send_body="abc"),
             step("miss", path="/there"))
for method in ("OPTIONS", "PROPFIND"):
    case(f"{method} takes nothing out", "9111 4.4 and 9110 9.2.1",
         step("miss", HOUR), step("miss", method=method), step("hit"))
for status in (204, 302, 303):
    case(f"POST with {status} takes its target out", "9111 4.4",
         step("miss", HOUR), step("miss", method="POST", answers=status), step("miss"))
for status in (400, 403, 404, 503):
    case(f"POST with {status} takes nothing out", "9111 4.4",
         step("miss", HOUR), step("miss", method="POST", answers=status), step("hit"))


def located(name, location, *, taken):
    case(name, "9111 4.4", step("miss", HOUR, path="/a/there?x=1"),
         step("miss", f"Location: {location}", method="POST", path="/a/here"),
         step("miss" if taken else "hit", path="/a/there?x=1"))


located("Location relative to the target", "there?x=1", taken=True)
located("Location with dot segments", "../a/./there?x=1", taken=True)
located("Location with the node's name", "http://cache.test{url}/a/there?x=1", taken=True)
located("Location with the node's name and no scheme", "//cache.test{url}/a/there?x=1",
        taken=True)
located("Location with another query", "there?x=2", taken=False)
located("Location of another host", "http://other.test{url}/a/there?x=1", taken=False)
located("Location of another scheme", "https://cache.test{url}/a/there?x=1", taken=False)
located("Location of another port", "http://cache.test:8080{url}/a/there?x=1", taken=False)
case("POST takes out all variants", "9111 4.4",
     step("miss", HOUR, "Vary: X-A", sent=["X-A: 1"]),
     step("miss", HOUR, "Vary: X-A", sent=["X-A: 2"]), step("miss", method="POST"),
     step("miss", sent=["X-A: 1"]), step("miss", sent=["X-A: 2"]))
case("POST without an answer takes nothing out, and is not sent twice", "9110 9.2.2",
     step("miss", HOUR), step("error", method="POST", send_body="abc", fate="close"), step("hit"))
case("POST reaches the origin with its body's length", "9110 8.6",
     step("miss", method="POST", send_body="abc", got=["Content-Length: 3"]))
case("an answer without no-store takes the place of the older one", "9111 4",
     step("miss", HOUR), step("miss", HOUR, sent=["Cache-Control: no-cache"]),
     step("hit"))
case("an answer that must not be stored leaves none behind", "9111 4",
     step("miss", HOUR), step("miss", "Cache-Control: no-store", secret=True,
                              sent=["Cache-Control: no-cache"]), step("miss"))
case("what is stored is used though the origin would say no-store by now", "9111 4.2",
     step("miss", HOUR, "X-A: 1"), step("hit", "Cache-Control: no-store", has=["X-A: 1"]))

# --- Variants ------------------------------------------------------------------------------------

VARY = (HOUR, "Vary: X-A")
VARY_2 = (HOUR, "Vary: X-A, X-B")
VARY_3 = (HOUR, "Vary: X-A, X-B, X-C")


def varied(name, fields, before, after, *, same):
    case(name, "9111 4.1", step("miss", *fields, sent=before),
         step("hit" if same else "miss", sent=after))


varied("the same value", VARY, ["X-A: 1"], ["X-A: 1"], same=True)
varied("another value", VARY, ["X-A: 1"], ["X-A: 2"], same=False)
varied("a value where there was none", VARY, [], ["X-A: 1"], same=False)
varied("no value where there was one", VARY, ["X-A: 1"], [], same=False)
varied("an empty value where there was none", VARY, [], ["X-A:"], same=False)
varied("none before and now", VARY, [], [], same=True)
varied("a field that Vary does not name", VARY, ["X-A: 1", "Other: 2"], ["X-A: 1", "Other: 3"],
       same=True)
varied("the name of the field in other letters", (HOUR, "Vary: x-a"), ["X-A: 1"], ["x-A: 1"],
       same=True)
varied("the value in other letters", VARY, ["X-A: a"], ["X-A: A"], same=False)
varied("two names, both the same", VARY_2, ["X-A: 1", "X-B: 2"], ["X-B: 2", "X-A: 1"], same=True)
varied("two names, the first one other", VARY_2, ["X-A: 1", "X-B: 2"], ["X-A: 9", "X-B: 2"],
       same=False)
varied("two names, neither there any more", VARY_2, ["X-A: 1", "X-B: 2"], [], same=False)
varied("two names that exchange values", VARY_2, ["X-A: 1", "X-B: 2"], ["X-A: 2", "X-B: 1"],
       same=False)
varied("two names on lines of their own", (HOUR, "Vary: X-A", "Vary: X-B"),
       ["X-A: 1", "X-B: 2"], ["X-A: 1", "X-B: 3"], same=False)
varied("three names, all the same", VARY_3, ["X-A: 1", "X-B: 2", "X-C: 3"],
       ["X-A: 1", "X-B: 2", "X-C: 3"], same=True)
varied("three names, one other, in another order", VARY_3, ["X-A: 1", "X-B: 2", "X-C: 3"],
       ["X-A: 1", "X-C: 3", "X-B: 22"], same=False)
varied("three names, one never there", VARY_3, ["X-A: 1", "X-C: 3"], ["X-A: 1", "X-C: 3"],
       same=True)
varied("blanks around the commas of the value", VARY, ["X-A: 1,2"], ["X-A:  1 , 2 "], same=True)
varied("two lines and one list", VARY, ["X-A: 1, 2"], ["X-A: 1", "X-A: 2"], same=True)
varied("two lines in another order", VARY, ["X-A: 1", "X-A: 2"], ["X-A: 2", "X-A: 1"], same=False)
varied("blanks within quotes", VARY, ['X-A: "1,2"'], ['X-A: "1, 2"'], same=False)
LANGUAGE = (HOUR, "Vary: Accept-Language")
varied("Accept-Language in other letters", LANGUAGE, ["Accept-Language: en, de"],
       ["Accept-Language: eN, De"], same=True)
varied("Accept-Language with other blanks", LANGUAGE, ["Accept-Language: en, de"],
       ["Accept-Language: en ,   de"], same=True)
varied("Accept-Language with another weight", LANGUAGE, ["Accept-Language: en;q=0.5"],
       ["Accept-Language: en;q=0.9"], same=False)
varied("Accept-Encoding that means the same", (HOUR, "Vary: Accept-Encoding"),
       ["Accept-Encoding: gzip, deflate"], ["Accept-Encoding: deflate, gzip;q=0.8"], same=True)
for value in ("*", "*, *", ", *", "*, X-A", "X-A, *"):
    case(f"Vary: {value}", "9111 4.1",
         step("miss", HOUR, f"Vary: {value}", sent=["X-A: 1"], secret=True),
         step("miss", sent=["X-A: 1"]))
for lines in (("", "*"), ("*", "*"), ("X-A", "*")):
    case(f"Vary: {' and '.join(map(repr, lines))} on two lines", "9111 4.1",
         step("miss", HOUR, *[f"Vary: {value}" for value in lines], sent=["X-A: 1"]),
         step("miss", sent=["X-A: 1"]))
case("both variants are kept", "9111 4.1",
     step("miss", *VARY, sent=["X-A: 1"]), step("miss", *VARY, sent=["X-A: 2"]),
     step("hit", sent=["X-A: 1"]), step("hit", sent=["X-A: 2"]))
case("an empty Vary names none", "9111 4.1",
     step("miss", HOUR, "Vary:", sent=["X-A: 1"]), step("hit", sent=["X-A: 2"]))
case("the names that tell variants apart add up", "9111 4.1",
     step("miss", *VARY, sent=["X-A: 1", "X-B: 1"]),
     step("miss", HOUR, "Vary: X-B", sent=["X-A: 2", "X-B: 1"]),
     step("hit", sent=["X-A: 2", "X-B: 1"]), step("miss", sent=["X-A: 2", "X-B: 2"]))
case("Vary: Cookie keeps users apart", "9111 4.1",
     step("miss", HOUR, "Vary: Cookie", sent=["Cookie: id=1"], secret=True),
     step("miss", HOUR, "Vary: Cookie", sent=["Cookie: id=2"], secret=True),
     step("miss", HOUR, "Vary: Cookie"))
case("Vary: Authorization with public keeps users apart", "9111 4.1",
     step("miss", "Cache-Control: public, max-age=60", "Vary: Authorization",
          sent=["Authorization: a"], secret=True),
     step("miss", "Cache-Control: public, max-age=60", "Vary: Authorization",
          sent=["Authorization: b"], secret=True),
     step("miss"))
