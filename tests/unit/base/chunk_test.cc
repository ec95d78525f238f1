// SPDX-License-Identifier: Apache-2.0
#include "base/chunk.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace fce {

TEST_CASE("chunk: references keep it, the sanitizer sees the last one free it") {
  ChunkRef first = ChunkRef::copy_of(as_bytes("hello"));
  CHECK(first->size() == 5);
  ChunkRef second = first;
  CHECK(second.get() == first.get());
  ChunkRef third = std::move(first);
  CHECK_FALSE(first);
  CHECK(first.bytes().empty());
  second = {};
  CHECK(as_text(third.bytes()) == "hello");
  third = ChunkRef(third);
  CHECK(as_text(third.bytes()) == "hello");
  Chunk* raw = third.release();
  CHECK_FALSE(third);
  raw->ref();
  raw->unref();
  const ChunkRef adopted = ChunkRef::adopt(raw);
  CHECK(as_text(adopted.bytes()) == "hello");
}

TEST_CASE("chunk: empty ones are chunks too") {
  const ChunkRef empty = ChunkRef::copy_of({});
  CHECK(empty);
  CHECK(empty.bytes().empty());
}

TEST_CASE("chunk: a slice holds its chunk") {
  Slice part;
  {
    Slice whole = Slice::whole(ChunkRef::copy_of(as_bytes("0123456789")));
    CHECK(whole.bytes.size() == 10);
    part = {whole.chunk, whole.bytes.subspan(3, 4)};
  }
  CHECK(as_text(part.bytes) == "3456");
}

TEST_CASE("chunk: the last holder may be on any thread") {
  ChunkRef chunk = ChunkRef::copy_of(as_bytes(std::string(1000, 'x')));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([chunk] {
      for (int turn = 0; turn < 1000; ++turn) {
        const ChunkRef mine = chunk;
        if (mine.bytes()[999] != 'x') std::abort();
      }
    });
  }
  chunk = {};
  for (auto& thread : threads) thread.join();
}

}  // namespace fce
