// SPDX-License-Identifier: Apache-2.0
#include "cache/fill_buffer.h"

#include <doctest/doctest.h>

#include <string>

using namespace fce;

namespace {

using Keep = FillBuffer::Keep;
using Take = FillBuffer::Take;

Slice slice(std::string_view text) { return Slice::whole(ChunkRef::copy_of(as_bytes(text))); }

struct Took {
  Take what;
  std::string text;
  bool room;
};

Took take(FillBuffer& buffer, FillBuffer::Reader& reader, size_t max = 1000) {
  Took took{};
  Slice piece;
  took.room = buffer.take(reader, max, &took.what, &piece);
  took.text = std::string(as_text(piece.bytes));
  return took;
}

}  // namespace

TEST_CASE("readers have their own places, and all get the same bytes") {
  FillBuffer buffer;
  FillBuffer::Reader first(0, UINT64_MAX), second(0, UINT64_MAX);
  REQUIRE(buffer.join(first));
  CHECK(take(buffer, first).what == Take::wait);
  buffer.append(slice("hello "));
  CHECK(take(buffer, first, 3).text == "hel");
  CHECK(take(buffer, first).text == "lo ");
  REQUIRE(buffer.join(second));
  buffer.append(slice("world"));
  CHECK(take(buffer, second).text == "hello ");
  CHECK(take(buffer, second).text == "world");
  CHECK(take(buffer, first).text == "world");
  CHECK(take(buffer, first).what == Take::wait);
  buffer.end(true);
  CHECK(take(buffer, first).what == Take::end);
  CHECK(take(buffer, second).what == Take::end);
  // Who comes after the end finds all of it, too.
  FillBuffer::Reader third(8, UINT64_MAX);
  REQUIRE(buffer.join(third));
  CHECK(take(buffer, third).text == "rld");
  CHECK(take(buffer, third).what == Take::end);
}

TEST_CASE("a part ends where it ends, whatever follows") {
  FillBuffer buffer;
  FillBuffer::Reader part(2, 5), beyond(10, 12);
  REQUIRE(buffer.join(part));
  REQUIRE(buffer.join(beyond));
  buffer.append(slice("ab"));
  CHECK(take(buffer, part).what == Take::wait);
  buffer.append(slice("cdefgh"));
  CHECK(take(buffer, part).text == "cde");
  CHECK(part.left() == 0);
  CHECK(take(buffer, part).what == Take::end);
  CHECK(take(buffer, beyond).what == Take::wait);
  buffer.append(slice("ijklmnop"));
  CHECK(take(buffer, beyond).text == "kl");
}

TEST_CASE("a body that breaks off fails its readers after what there is") {
  FillBuffer buffer;
  FillBuffer::Reader reader(0, UINT64_MAX);
  REQUIRE(buffer.join(reader));
  buffer.append(slice("half"));
  buffer.end(false);
  CHECK(take(buffer, reader).text == "half");
  CHECK(take(buffer, reader).what == Take::failed);
}

TEST_CASE("what nobody else has stays for the slowest reader, and holds the origin up") {
  FillBuffer buffer;
  FillBuffer::Reader fast(0, UINT64_MAX), slow(0, UINT64_MAX);
  REQUIRE(buffer.join(fast));
  REQUIRE(buffer.join(slow));
  buffer.keep(Keep::until_read);
  const std::string piece(256 * 1024, 'x');
  for (int i = 0; i < 4; ++i) {
    CHECK_FALSE(buffer.full());
    buffer.append(slice(piece));
  }
  CHECK(buffer.full());
  for (int i = 0; i < 4; ++i) CHECK_FALSE(take(buffer, fast, piece.size()).room);
  CHECK(take(buffer, fast).what == Take::wait);
  CHECK_FALSE(take(buffer, slow, piece.size()).room);
  // There is room again at half, and that is said once.
  CHECK(take(buffer, slow, piece.size()).room);
  CHECK_FALSE(take(buffer, slow, piece.size()).room);
  CHECK_FALSE(buffer.full());
  // Who comes now has missed the beginning.
  FillBuffer::Reader late(0, UINT64_MAX);
  CHECK_FALSE(buffer.join(late));
}

TEST_CASE("a slow reader that leaves makes room") {
  FillBuffer buffer;
  FillBuffer::Reader fast(0, UINT64_MAX), slow(0, UINT64_MAX);
  REQUIRE(buffer.join(fast));
  REQUIRE(buffer.join(slow));
  buffer.keep(Keep::until_read);
  const std::string piece(1024 * 1024, 'x');
  buffer.append(slice(piece));
  REQUIRE(buffer.full());
  CHECK(take(buffer, fast, piece.size()).text.size() == piece.size());
  CHECK(buffer.leave(slow));
}

TEST_CASE("what a file has may go, and slow readers are sent there") {
  FillBuffer buffer;
  FillBuffer::Reader fast(0, UINT64_MAX), slow(0, UINT64_MAX);
  REQUIRE(buffer.join(fast));
  REQUIRE(buffer.join(slow));
  buffer.keep(Keep::until_saved);
  buffer.append(slice("0123456789"));
  buffer.append(slice("abcdefghij"));
  CHECK(take(buffer, slow, 4).text == "0123");
  buffer.saved(10);
  CHECK(take(buffer, slow).what == Take::saved);
  CHECK_FALSE(buffer.passed(slow, 6));
  CHECK(take(buffer, slow).text == "abcdefghij");
  // A piece that is saved in part stays.
  buffer.append(slice("klmnopqrst"));
  buffer.saved(25);
  CHECK(take(buffer, slow, 3).text == "klm");
  // Late ones begin in the file.
  FillBuffer::Reader late(0, UINT64_MAX);
  REQUIRE(buffer.join(late));
  CHECK(take(buffer, late).what == Take::saved);
}

TEST_CASE("when the file ends early, the rest is for those who read it now") {
  FillBuffer buffer;
  FillBuffer::Reader slow(0, UINT64_MAX), fast(0, UINT64_MAX);
  REQUIRE(buffer.join(slow));
  REQUIRE(buffer.join(fast));
  buffer.keep(Keep::until_saved);
  buffer.append(slice("0123456789"));
  buffer.saved(10);
  buffer.append(slice("abcdefghij"));
  buffer.file_ended();
  buffer.append(slice("klmnopqrst"));
  CHECK(take(buffer, slow).what == Take::saved);
  CHECK_FALSE(buffer.passed(slow, 10));
  CHECK(take(buffer, slow).text == "abcdefghij");
  CHECK(take(buffer, slow).text == "klmnopqrst");
  CHECK(take(buffer, fast).what == Take::saved);
  CHECK_FALSE(buffer.passed(fast, 10));
  CHECK(take(buffer, fast).text == "abcdefghij");
  CHECK(take(buffer, fast).text == "klmnopqrst");
}

TEST_CASE("the feeder finds the pieces from any place on") {
  FillBuffer buffer;
  buffer.append(slice("0123"));
  buffer.append(slice("4567"));
  CHECK(as_text(buffer.piece_at(0).bytes) == "0123");
  CHECK(as_text(buffer.piece_at(5).bytes) == "567");
  CHECK(buffer.piece_at(8).bytes.empty());
  CHECK(buffer.size() == 8);
  buffer.append({});
  CHECK(buffer.size() == 8);
}
