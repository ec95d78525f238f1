// SPDX-License-Identifier: Apache-2.0
#include "cache/large_body.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "http/fake_transport.h"
#include "http/file_body.h"
#include "store_support.h"

using namespace fce;

namespace {

struct Setup : TestShard {
  Setup() {
    store = open_store(small_store(directory));
    REQUIRE(put_large(*store, "/a", "m", content) == Status::ok);
  }
  ~Setup() { workers.stop(); }
  // Nothing of it has been verified then.
  void reopen() {
    store = nullptr;
    store = open_store(small_store(directory));
  }
  std::unique_ptr<LargeBody> body(uint64_t offset, uint64_t length) {
    return std::make_unique<LargeBody>(get(*store, "/a")->file(), offset, length, loop, counters,
                                       workers);
  }

  const StoreDirectoryForTest directory;
  const std::string content = noise(300'000, 1);
  Workers workers{1, 100};
  std::unique_ptr<Store> store;
};

struct Reader final : BodyReader {
  void on_body_ready(BodySource&, Lane) override { ready = true; }
  bool ready = false;
};

std::string text_of(const Gather& gather, size_t* files) {
  std::string text;
  for (size_t i = 0; i < gather.count(); ++i) {
    std::string part(as_text(gather[i].bytes.data() ? gather[i].bytes : Bytes()));
    if (gather[i].file > 0) {
      const FilePlace& place = gather.place(gather[i]);
      part.resize(gather[i].bytes.size());
      REQUIRE(read_exactly(*place.file, place.offset, reinterpret_cast<uint8_t*>(part.data()),
                           part.size()));
      *files += part.size();
    }
    text += part;
  }
  return text;
}

}  // namespace

TEST_CASE("large body: what is verified and warm is added as a part of its file") {
  Setup setup;
  auto source = setup.body(7, 299'000);
  CHECK(source->is_file());
  Gather gather;
  gather.begin(Gather::kBytesMax, true);
  gather.copy("head");
  CHECK(source->pull(gather, 200'000) == BodySource::Pull::more);
  CHECK(source->pull(gather, gather.file_room()) == BodySource::Pull::end);
  source.reset();
  // What was added holds the file.
  CHECK(setup.store->erase({"t", "/a"}));
  setup.store->flush();
  size_t files = 0;
  CHECK(text_of(gather, &files) == "head" + setup.content.substr(7, 299'000));
  CHECK(files == 299'000);
}

TEST_CASE("large body: what is not verified is read and verified, and sent as a file then") {
  Setup setup;
  setup.reopen();
  size_t files = 0;
  for (int round = 0; round < 2; ++round) {
    auto source = setup.body(0, setup.content.size());
    Reader reader;
    source->set_reader(&reader);
    std::string text;
    for (auto pull = BodySource::Pull::more; pull != BodySource::Pull::end;) {
      Gather gather;
      gather.begin(Gather::kBytesMax, true);
      reader.ready = pull != BodySource::Pull::wait;
      setup.run_until([&] { return reader.ready; });
      pull = source->pull(gather, gather.file_room());
      REQUIRE(pull != BodySource::Pull::failed);
      text += text_of(gather, &files);
    }
    CHECK(text == setup.content);
    CHECK(files == round * setup.content.size());
  }
}

TEST_CASE("large body: what is small, or goes where no files are taken, is read") {
  Setup setup;
  Gather gather;
  gather.begin(Gather::kBytesMax, true);
  auto small = setup.body(0, FileBody::kSendfileLeast - 1);
  CHECK_FALSE(small->is_file());
  CHECK(small->pull(gather, gather.room()) == BodySource::Pull::end);
  CHECK_FALSE(gather.has_files());
  gather.begin(Gather::kBytesMax, false);
  auto source = setup.body(0, 100'000);
  CHECK(source->pull(gather, gather.room()) != BodySource::Pull::failed);
  CHECK_FALSE(gather.has_files());
}
