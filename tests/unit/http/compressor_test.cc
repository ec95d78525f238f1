// SPDX-License-Identifier: Apache-2.0
#include "http/compressor.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "decompress.h"

namespace fce {
namespace {

constexpr ContentCoding kCodings[] = {ContentCoding::gzip, ContentCoding::br, ContentCoding::zstd};
using Step = Compressor::Step;

std::string_view text_of(const std::vector<uint8_t>& bytes) { return as_text(bytes); }

}  // namespace

TEST_CASE("compressor: what goes in comes out again, at each level and in pieces of any size") {
  for (const ContentCoding coding : kCodings) {
    for (const uint32_t level : {0u, 1u, 9u}) {
      for (const size_t piece : {size_t{1000}, size_t{100'000}}) {
        for (const std::string& text : {prose(150'000), noise(50'000), std::string()}) {
          CAPTURE(coding_name(coding));
          CompressorLease lease = CompressorLease::take(coding, level);
          REQUIRE(lease);
          std::vector<uint8_t> out;
          for (size_t at = 0; at < text.size(); at += piece)
            REQUIRE(
                lease->run(as_bytes(std::string_view(text).substr(at, piece)), Step::go_on, &out));
          REQUIRE(lease->run({}, Step::finish, &out));
          bool whole = false;
          CHECK(decompress(coding, text_of(out), &whole) == text);
          CHECK(whole);
          if (text.size() == 150'000) CHECK(out.size() < text.size() / 4);
        }
      }
    }
  }
}

TEST_CASE("compressor: after a flush all that came so far can be read") {
  for (const ContentCoding coding : kCodings) {
    CAPTURE(coding_name(coding));
    CompressorLease lease = CompressorLease::take(coding, 0);
    std::vector<uint8_t> out;
    std::string text;
    for (int i = 0; i < 100; ++i) {
      const std::string line = "line " + std::to_string(i) + "\n";
      text += line;
      REQUIRE(lease->run(as_bytes(line), Step::flush, &out));
      bool whole = true;
      CHECK(decompress(coding, text_of(out), &whole) == text);
      CHECK_FALSE(whole);
    }
    REQUIRE(lease->run({}, Step::finish, &out));
    CHECK(decompress(coding, text_of(out)) == text);
  }
}

TEST_CASE("compressor: one that is given back in the middle of a stream begins anew") {
  for (const ContentCoding coding : kCodings) {
    const Compressor* first = nullptr;
    for (int round = 0; round < 3; ++round) {
      CompressorLease lease = CompressorLease::take(coding, 3);
      if (!first) first = &*lease.operator->();
      CHECK(lease.operator->() == first);
      std::vector<uint8_t> out;
      REQUIRE(lease->run(as_bytes("left behind"), Step::go_on, &out));
      if (round < 2) continue;
      REQUIRE(lease->run({}, Step::finish, &out));
      CHECK(decompress(coding, text_of(out)) == "left behind");
    }
    // Another level is another compressor.
    CHECK(CompressorLease::take(coding, 4).operator->() != first);
  }
}

TEST_CASE("compressor: so many at once and no more") {
  std::vector<CompressorLease> leases;
  for (size_t i = 0; i < CompressorLease::kLeasesMax; ++i) {
    leases.push_back(CompressorLease::take(ContentCoding::gzip, 1));
    REQUIRE(leases.back());
  }
  CHECK_FALSE(CompressorLease::take(ContentCoding::gzip, 1));
  CHECK_FALSE(CompressorLease::take(ContentCoding::br, 1));
  leases.pop_back();
  CompressorLease one = CompressorLease::take(ContentCoding::br, 1);
  CHECK(one);
  CompressorLease moved = std::move(one);
  CHECK(moved);
  CHECK_FALSE(one);
  CHECK_FALSE(CompressorLease::take(ContentCoding::br, 1));
  leases.clear();
  moved = CompressorLease();
  CHECK(CompressorLease::take(ContentCoding::gzip, 1));
  CHECK_FALSE(CompressorLease::take(ContentCoding::identity, 1));
}

}  // namespace fce
