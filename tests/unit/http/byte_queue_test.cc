// SPDX-License-Identifier: Apache-2.0
#include "http/byte_queue.h"

#include <doctest/doctest.h>

#include <string>

namespace fce {
namespace {

std::string pull(ByteQueue& queue, size_t max) {
  // Millions of times, for which a new one and a check each would take minutes under a sanitizer.
  static Gather gather;
  gather.begin(Gather::kBytesMax);
  const size_t pulled = queue.pull(gather, max);
  if (pulled != gather.bytes() || pulled > max) FAIL("pulled " << pulled << " of " << max);
  std::string out;
  for (size_t i = 0; i < gather.count(); ++i) out += as_text(gather[i].bytes);
  return out;
}

}  // namespace

TEST_CASE("byte queue: what goes in comes out, however it is cut") {
  std::string all;
  for (int i = 0; i < 10'000; ++i) all += static_cast<char>('a' + i * 7 % 26);
  for (const size_t in : {1u, 3u, 100u, 4095u, 4096u, 4097u, 10'000u}) {
    for (const size_t out : {1u, 2u, 1000u, 4096u, 65'536u}) {
      ByteQueue queue;
      std::string got;
      for (size_t at = 0; at < all.size(); at += in) {
        queue.push(as_bytes(std::string_view(all).substr(at, in)));
        if (at % 3 == 0) got += pull(queue, out);
      }
      CHECK(queue.size() == all.size() - got.size());
      while (!queue.empty()) got += pull(queue, out);
      CHECK((got == all));
    }
  }
}

TEST_CASE("byte queue: what somebody holds does not change when more comes") {
  ByteQueue queue;
  queue.push(as_bytes("abc"));
  Gather gather;
  gather.begin(Gather::kBytesMax);
  queue.pull(gather, 2);
  queue.push(as_bytes("xyz"));
  CHECK(as_text(gather[0].bytes) == "ab");
  CHECK(pull(queue, 100) == "cxyz");
}

TEST_CASE("byte queue: a gather that is full takes no more than it has room for") {
  ByteQueue queue;
  for (int i = 0; i < 200; ++i) {
    queue.push(as_bytes(std::string(5000, 'x')));
    pull(queue, 1);  // so that each push makes a block
  }
  const size_t before = queue.size();
  Gather gather;
  gather.begin(100'000);
  const size_t pulled = queue.pull(gather, SIZE_MAX);
  CHECK(pulled <= 100'000);
  CHECK(pulled > 50'000);
  CHECK(queue.size() == before - pulled);
  queue.clear();
  CHECK(queue.empty());
  CHECK(pull(queue, 10).empty());
}

}  // namespace fce
