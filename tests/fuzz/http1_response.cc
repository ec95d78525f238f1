// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 answers: what is accepted does not depend on how the bytes are cut, what was refused
// stays refused, and nothing is handed on that could pass for something else.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "../unit/http/h1_response_record.h"

using namespace fce;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// The first byte says what is expected, and how the rest is cut: see the constants.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  constexpr uint8_t kHead = 1, kUpgrade = 2, kEnds = 4, kSingle = 8;
  const uint8_t how = data[0];
  uint32_t cut = how;
  const Bytes bytes(data + 1, size - 1);
  const H1ResponseParser::Limits limits{4096, 20};

  H1ResponseRecord whole(limits, how & kHead, how & kUpgrade);
  whole.feed(bytes);
  H1ResponseRecord pieces(limits, how & kHead, how & kUpgrade);
  for (size_t at = 0; at < bytes.size();) {
    const size_t step = how & kSingle ? 1 : 1 + cut % 37;
    cut = cut * 1'103'515'245 + 12'345;
    const Bytes piece = bytes.subspan(at, std::min(step, bytes.size() - at));
    pieces.feed(piece);
    at += piece.size();
  }
  if (how & kEnds) {
    whole.finish();
    pieces.finish();
  }
  require(whole.refused() == pieces.refused());
  require(whole.heads() == pieces.heads());
  const std::string& text = whole.text();
  require(text.find('\0') == std::string::npos || text.find('[') != std::string::npos);
  if (whole.refused()) {
    // Of several offences the pieces decide which is seen first.
    size_t taken = 0;
    require(whole.parser().feed(as_bytes("HTTP/1.1 200 OK\r\n\r\n"), &taken) ==
            H1ResponseParser::Result::refused);
  } else {
    require(text == pieces.text());
    require(whole.taken() == pieces.taken());
  }
  return 0;
}
