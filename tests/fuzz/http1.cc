// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 requests: what is accepted does not depend on how the bytes are cut, and what was
// refused stays refused.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "../unit/http/h1_record.h"

using namespace fce;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// The first byte says how the rest is cut: 0 byte by byte, else by a sequence that it starts.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  uint32_t cut = data[0];
  const Bytes bytes(data + 1, size - 1);
  const Limits limits;

  H1Record whole(limits);
  whole.feed(bytes);

  H1Record pieces(limits);
  for (size_t at = 0; at < bytes.size();) {
    const size_t step = data[0] == 0 ? 1 : 1 + cut % 37;
    cut = cut * 1'103'515'245 + 12'345;
    const Bytes piece = bytes.subspan(at, std::min(step, bytes.size() - at));
    pieces.feed(piece);
    at += piece.size();
  }
  require(whole.refused() == pieces.refused());
  if (whole.refused()) {
    // Of several offences in one head the pieces decide which is seen first, so not even the status
    // is the same; that a request was never handed on with one of them is.
    require(whole.requests() == pieces.requests());
    const std::string before = whole.text();
    whole.feed("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    require(whole.refused() && whole.text() == before);
  } else {
    require(whole.text() == pieces.text());
  }
  return 0;
}
