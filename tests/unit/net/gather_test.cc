// SPDX-License-Identifier: Apache-2.0
#include "net/gather.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace fce {
namespace {

std::string text_of(const Gather& gather) {
  std::string out;
  for (size_t i = 0; i < gather.count(); ++i) out += as_text(gather[i].bytes);
  return out;
}

}  // namespace

TEST_CASE("gather: copies that follow each other are one piece") {
  Gather gather;
  gather.copy("abc");
  gather.copy("");
  gather.copy("def");
  CHECK(gather.count() == 1);
  CHECK(gather.bytes() == 6);
  gather.add(as_bytes("-"));
  gather.copy("ghi");
  CHECK(gather.count() == 3);
  CHECK(text_of(gather) == "abcdef-ghi");
}

TEST_CASE("gather: a reserved place is filled in later") {
  Gather gather;
  gather.copy("a");
  uint8_t* place = gather.reserve(3);
  gather.copy("e");
  gather.add(as_bytes("f"));
  std::memcpy(place, "bcd", 3);
  CHECK(text_of(gather) == "abcdef");
  CHECK(gather.bytes() == 6);
  CHECK(gather.count() == 2);
}

TEST_CASE("gather: a reserved place is there when the scratch buffer is full") {
  Gather gather;
  gather.copy(std::string(65'530, 'x'));
  std::memcpy(gather.reserve(9), "123456789", 9);
  gather.copy("y");
  CHECK(gather.count() == 3);
  CHECK(text_of(gather) == std::string(65'530, 'x') + "123456789y");
}

TEST_CASE("gather: truncate takes away what came after the mark") {
  Gather gather;
  gather.copy("head");
  const Gather::Mark mark = gather.mark();
  gather.copy("more");
  gather.add(Slice::whole(ChunkRef::copy_of(as_bytes("chunk"))));
  gather.add(as_bytes("view"));
  gather.truncate(mark);
  CHECK(text_of(gather) == "head");
  CHECK(gather.bytes() == 4);
  gather.copy("!");
  CHECK(text_of(gather) == "head!");
  CHECK(gather.count() == 1);
}

TEST_CASE("gather: truncate gives references back and works on an empty gather") {
  ChunkRef chunk = ChunkRef::copy_of(as_bytes("shared"));
  Gather gather;
  const Gather::Mark mark = gather.mark();
  gather.add(Slice::whole(chunk));
  gather.copy(std::string(70'000, 'x'));
  gather.truncate(mark);
  CHECK(gather.empty());
  CHECK(gather.bytes() == 0);
  // The scratch buffer is free again: all of it fits into one piece.
  gather.copy(std::string(65'536, 'y'));
  CHECK(gather.count() == 1);
  CHECK(as_text(chunk.bytes()) == "shared");
}

TEST_CASE("gather: the rest lives by itself") {
  Gather gather;
  gather.copy("abc");
  gather.add(Slice::whole(ChunkRef::copy_of(as_bytes("defgh"))));
  const auto rest = gather.rest_from(4);
  gather.clear();
  std::string text;
  for (const Slice& slice : rest) text += as_text(slice.bytes);
  CHECK(text == "efgh");
}

TEST_CASE("gather: what is cut lives by itself, and the front stays") {
  for (size_t size = 0; size <= 11; ++size) {
    CAPTURE(size);
    Gather gather;
    gather.copy("abc");
    gather.add(Slice::whole(ChunkRef::copy_of(as_bytes("defgh"))));
    gather.add(as_bytes("ij"));
    std::string text;
    for (const Slice& slice : gather.cut(size)) text += as_text(slice.bytes);
    CHECK(gather.bytes() == std::min<size_t>(size, 10));
    CHECK(text_of(gather) + text == "abcdefghij");
    CHECK(text_of(gather).size() == gather.bytes());
    gather.copy("z");
    CHECK(text_of(gather).ends_with("z"));
  }
}

TEST_CASE("gather: another limit for a while") {
  Gather gather;
  gather.copy("abc");
  const size_t before = gather.set_limit(5);
  CHECK(gather.room() == 2);
  gather.copy("de");
  CHECK(gather.full());
  CHECK(gather.set_limit(before) == 5);
  CHECK(gather.room() == Gather::kBytesMax - 5);
}

TEST_CASE("gather: no room beyond its bytes and its pieces") {
  Gather gather;
  gather.begin(100);
  CHECK(gather.room() == 100);
  gather.copy(std::string(60, 'x'));
  CHECK(gather.room() == 40);
  gather.copy(std::string(60, 'x'));
  CHECK(gather.full());
  gather.begin(Gather::kBytesMax);
  while (!gather.full()) {
    gather.add(as_bytes("p"));
    gather.copy("q");
  }
  CHECK(gather.count() < Gather::kPiecesMax);
}

}  // namespace fce
