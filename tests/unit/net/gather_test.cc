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
  for (const OutPiece& piece : rest) text += as_text(piece.slice.bytes);
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
    for (const OutPiece& piece : gather.cut(size)) text += as_text(piece.slice.bytes);
    CHECK(gather.bytes() == std::min<size_t>(size, 10));
    CHECK(text_of(gather) + text == "abcdefghij");
    CHECK(text_of(gather).size() == gather.bytes());
    gather.copy("z");
    CHECK(text_of(gather).ends_with("z"));
  }
}

TEST_CASE("gather: parts of files are cut, taken away and kept like bytes") {
  const auto file = std::make_shared<const Fd>();
  for (size_t at = 0; at <= 9; ++at) {
    CAPTURE(at);
    Gather gather;
    gather.begin(Gather::kBytesMax, true);
    gather.copy("ab");
    gather.add(FilePlace{file, 100}, 5);
    gather.add(FilePlace{file, 0}, 0);
    const Gather::Mark mark = gather.mark();
    gather.add(FilePlace{file, 7}, 3);
    CHECK(file.use_count() == 3);
    gather.truncate(mark);
    CHECK(file.use_count() == 2);
    gather.copy("yz");  // does not become part of the file
    CHECK(gather.count() == 3);
    CHECK(gather.bytes() == 9);
    // Byte `i` of the whole is at `i + 98` of the file, if it is of the file.
    size_t i = at;
    for (const OutPiece& piece : at % 2 ? gather.rest_from(at) : gather.cut(at)) {
      CHECK(piece.is_file() == (i >= 2 && i < 7));
      if (piece.is_file()) CHECK(piece.place.offset == i + 98);
      i += piece.size();
    }
    CHECK(i == 9);
    CHECK(gather.bytes() == (at % 2 ? 9 : at));
    CHECK(gather.has_files() == (at % 2 || at > 2));
    gather.clear();
    CHECK(file.use_count() == 1);
  }
}

TEST_CASE("gather: an owning piece of a file is taken apart") {
  OutPiece whole{{{}, {static_cast<const uint8_t*>(nullptr), 10}},
                 {std::make_shared<const Fd>(), 5}};
  const OutPiece first = whole.take(4);
  CHECK(first.size() == 4);
  CHECK(first.place.offset == 5);
  CHECK(whole.size() == 6);
  CHECK(whole.place.offset == 9);
  CHECK(first.place.file == whole.place.file);
}

TEST_CASE("gather: there is more room for files") {
  Gather gather;
  gather.begin(Gather::kBytesMax, true);
  gather.copy("head");
  CHECK(gather.file_room() == Gather::kFileBytesMax - 4);
  gather.add(FilePlace{std::make_shared<const Fd>(), 0}, gather.file_room());
  CHECK(gather.file_room() == 0);
  CHECK(gather.full());
  gather.begin(100);
  CHECK(gather.file_room() == 100);
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
