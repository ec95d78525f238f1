// SPDX-License-Identifier: Apache-2.0
// What clients do with an answer that was compressed.
#pragma once

#include <brotli/decode.h>
#include <doctest/doctest.h>
#include <zlib.h>
#include <zstd.h>

#include <string>
#include <string_view>

#include "http/accept_encoding.h"

namespace fce {

// What can be read of it; `whole` tells whether that is all.
inline std::string decompress(ContentCoding coding, std::string_view in, bool* whole = nullptr) {
  std::string out(1 << 22, '\0');
  size_t size = 0;
  bool ended = false;
  const auto* bytes = reinterpret_cast<const uint8_t*>(in.data());
  auto* to = reinterpret_cast<uint8_t*>(out.data());
  if (coding == ContentCoding::gzip) {
    z_stream stream{};
    REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
    stream.next_in = const_cast<uint8_t*>(bytes);
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = to;
    stream.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&stream, Z_SYNC_FLUSH);
    CHECK((result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR));
    CHECK(stream.avail_in == 0);
    ended = result == Z_STREAM_END;
    size = out.size() - stream.avail_out;
    inflateEnd(&stream);
  } else if (coding == ContentCoding::br) {
    BrotliDecoderState* state = BrotliDecoderCreateInstance(nullptr, nullptr, nullptr);
    size_t left = in.size(), room = out.size();
    const auto result = BrotliDecoderDecompressStream(state, &left, &bytes, &room, &to, nullptr);
    CHECK((result == BROTLI_DECODER_RESULT_SUCCESS ||
           result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT));
    CHECK(left == 0);
    ended = result == BROTLI_DECODER_RESULT_SUCCESS;
    size = out.size() - room;
    BrotliDecoderDestroyInstance(state);
  } else if (coding == ContentCoding::zstd) {
    ZSTD_DCtx* context = ZSTD_createDCtx();
    ZSTD_inBuffer input{bytes, in.size(), 0};
    ZSTD_outBuffer output{to, out.size(), 0};
    const size_t left = ZSTD_decompressStream(context, &output, &input);
    CHECK_FALSE(ZSTD_isError(left));
    CHECK(input.pos == input.size);
    ended = left == 0 && in.size() > 0;
    size = output.pos;
    ZSTD_freeDCtx(context);
  } else {
    out = in;
    size = in.size();
    ended = true;
  }
  if (whole) *whole = ended;
  out.resize(size);
  return out;
}

// Text that shrinks, as much of it as one wants.
inline std::string prose(size_t size) {
  std::string text;
  for (uint32_t i = 0; text.size() < size; ++i)
    text += "The " + std::to_string(i * i % 977) + " quick brown foxes jump over " +
            std::to_string(i) + " lazy dogs.\n";
  text.resize(size);
  return text;
}

// Bytes that do not.
inline std::string noise(size_t size) {
  std::string text;
  for (uint64_t state = 88172645463325252u; text.size() < size;) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    text += static_cast<char>(state);
  }
  return text;
}

}  // namespace fce
