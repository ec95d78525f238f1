// SPDX-License-Identifier: Apache-2.0
#include "http/mime.h"

#include <doctest/doctest.h>

namespace fce {

TEST_CASE("types by extension") {
  CHECK(mime_type("index.html") == "text/html; charset=utf-8");
  CHECK(mime_type("a/b.c/app.MJS") == "text/javascript; charset=utf-8");
  CHECK(mime_type("photo.JpEg") == "image/jpeg");
  CHECK(mime_type("site.webmanifest") == "application/manifest+json");
  CHECK(mime_type("app.js.map") == "application/json");
  CHECK(mime_type("x.7z") == "application/x-7z-compressed");
  CHECK(mime_type("x.zst") == "application/zstd");
}

TEST_CASE("what is not known is bytes") {
  for (const auto* name : {"", "README", "a.html/x", "x.", "x.unheardof", "x.averyveryverylongone"})
    CHECK(mime_type(name) == "application/octet-stream");
}

}  // namespace fce
