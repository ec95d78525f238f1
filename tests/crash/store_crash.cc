// SPDX-License-Identifier: Apache-2.0
// Kills a process that writes to a store, over and over, and looks at what is left.
//
//   store-crash [ROUNDS [SEED]]
//
// What has to hold after `kill -9` at any moment: the store opens; every object that is found is
// one that was put, as a whole; none is older than what was written (or erased) before the last
// completed `flush`; in a store without eviction all that was flushed is there; the files are
// within the limit.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/log.h"
#include "cache/store.h"

using namespace fce;

namespace {

constexpr int kKeys = 160;

// What writer and checker share, in memory that survives the writer.
struct Ledger {
  uint64_t version;         // the last that was given away
  uint64_t written[kKeys];  // by the last flush: the version that was put, or erased
  bool erased[kKeys];
  uint64_t erasing[kKeys];  // the last erasure that was begun, flushed or not
  uint64_t flushes;
};

struct Variant {
  const char* name;
  uint64_t disk_bytes_max;
  bool evicts;
  bool encrypted;
};

constexpr Variant kVariants[] = {
    {"roomy", 512 << 20, false, false},
    {"evicting", 16 << 20, true, false},
    {"encrypted", 512 << 20, false, true},
    {"encrypted-evicting", 16 << 20, true, true},
};

struct Place {
  const Variant* variant;
  std::string path;
  Ledger* ledger;
};

[[noreturn]] void die(const Place& place, const std::string& why) {
  std::fprintf(stderr, "%s (%s): %s\n", place.path.c_str(), place.variant->name, why.c_str());
  std::exit(1);
}

// Every byte follows from key and version, so a body says by itself whether it is right.
std::string body_of(int key, uint64_t version) {
  std::minstd_rand random(static_cast<uint32_t>(version * 131 + key));
  const size_t size = 16 + (version % 11 == 0 ? random() % 500'000 : random() % 20'000);
  std::string body(size, '\0');
  std::memcpy(body.data(), &version, sizeof version);
  for (size_t i = sizeof version; i < size; ++i) body[i] = static_cast<char>(random() >> 8);
  return body;
}

ObjectName name_of(int key, std::string& text) {
  text = "/object/" + std::to_string(key);
  return {key % 2 ? "odd" : "even", text};
}

StoreOptions options_of(const Place& place) {
  StoreOptions options;
  options.directory = place.path + "/store";
  options.disk_bytes_max = place.variant->disk_bytes_max;
  options.small_max = 200'000;
  if (place.variant->encrypted) options.key_file = place.path + "/key";
  return options;
}

bool put_large(Store& store, const ObjectName& name, const std::string& body, bool known) {
  std::unique_ptr<LargeWriter> writer;
  const auto length = known ? std::optional<uint64_t>(body.size()) : std::nullopt;
  if (store.begin_large(name, as_bytes("meta"), length, nullptr, &writer) != Status::ok)
    return false;
  for (size_t at = 0; at < body.size(); at += 60'000) {
    const auto piece = std::string_view(body).substr(at, 60'000);
    if (writer->append(Slice::whole(ChunkRef::copy_of(as_bytes(piece)))) != Status::ok)
      return false;
  }
  return writer->commit() == Status::ok;
}

// What was put and could not be stored: for lack of room, since nothing fails here.
uint64_t refused(const Store& store) {
  const Counters& counters = store.counters();
  return counters.get(Counter::limit_cache_bytes) + counters.get(Counter::limit_cache_share) +
         counters.get(Counter::cache_write_errors);
}

// Runs until it is killed.
[[noreturn]] void write_for_ever(const Place& place, uint32_t seed) {
  std::minstd_rand random(seed);
  std::unique_ptr<Store> store;
  if (Store::open(options_of(place), &store) != Status::ok) die(place, last_error());
  Ledger& ledger = *place.ledger;
  std::vector<std::pair<int, bool>> since;  // keys, and whether they were erased
  std::vector<uint64_t> versions;
  uint64_t refused_before = 0;
  for (;;) {
    const int key = static_cast<int>(random() % kKeys);
    const uint64_t version = ++ledger.version;
    std::string text;
    const ObjectName name = name_of(key, text);
    const bool erases = random() % 12 == 0;
    bool done = true;
    if (erases) {
      ledger.erasing[key] = version;
      store->erase(name);
    } else {
      const std::string body = body_of(key, version);
      const Bytes piece = as_bytes(body);
      done = store->is_small(name, 4, body.size())
                 ? store->put(name, as_bytes("meta"), {&piece, 1}) == Status::ok
                 : put_large(*store, name, body, version % 2);
    }
    // Some are looked at, so that there are survivors, and some are described anew.
    const Found found = store->find(name_of(static_cast<int>(random() % 20), text));
    if (found.object && random() % 8 == 0)
      (void)store->replace_meta(*found.object, as_bytes("meta"));
    if (done) {
      since.emplace_back(key, erases);
      versions.push_back(version);
    }
    if (random() % 24 != 0) continue;
    store->flush();
    if (refused(*store) != refused_before) {
      // Which of them, nobody says; so none of them is promised.
      refused_before = refused(*store);
      since.clear();
      versions.clear();
      continue;
    }
    for (size_t i = 0; i < since.size(); ++i) {
      // One after the other, so that a kill in between only leaves an older promise.
      ledger.written[since[i].first] = 0;
      ledger.erased[since[i].first] = since[i].second;
      ledger.written[since[i].first] = versions[i];
    }
    ++ledger.flushes;
    since.clear();
    versions.clear();
  }
}

std::string read_all(const ObjectRef& object) {
  if (!object->file()) return std::string(as_text(object->body().bytes));
  std::string body;
  while (body.size() < object->body_bytes()) {
    Slice slice;
    if (object->file()->read(body.size(), SIZE_MAX, true, &slice) != LargeFile::Read::ok) return {};
    body += as_text(slice.bytes);
  }
  return body;
}

int check_key(const Place& place, Store& store, int key) {
  std::string text;
  const ObjectName name = name_of(key, text);
  const Found found = store.find(name);
  const ObjectRef object =
      found.what == Found::What::cold ? store.load(found.cold, name) : found.object;
  const uint64_t written = place.ledger->written[key];
  const bool erased = place.ledger->erased[key];
  if (!object) {
    if (written > place.ledger->erasing[key] && !place.variant->evicts)
      die(place, text + " is lost, of version " + std::to_string(written));
    return 0;
  }
  const std::string body = read_all(object);
  uint64_t version = 0;
  if (body.size() >= sizeof version) std::memcpy(&version, body.data(), sizeof version);
  if (as_text(object->meta()) != "meta" || body != body_of(key, version))
    die(place, text + " is corrupt");
  if (version < written || (erased && version == written))
    die(place, text + " came back: version " + std::to_string(version) + " after " +
                   std::to_string(written) + (erased ? " was erased" : " was written"));
  return 1;
}

int check(const Place& place) {
  std::unique_ptr<Store> store;
  const StoreOptions options = options_of(place);
  if (Store::open(options, &store) != Status::ok) die(place, last_error());
  store->flush();
  uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(options.directory))
    bytes += entry.file_size();
  if (bytes > options.disk_bytes_max) die(place, std::to_string(bytes) + " bytes");
  int found = 0;
  for (int key = 0; key < kKeys; ++key) found += check_key(place, *store, key);
  if (store->counters().get(Counter::cache_corrupt) != 0) die(place, "something was corrupt");
  return found;
}

Place make_place(const std::string& top, const Variant& variant) {
  Place place;
  place.variant = &variant;
  place.path = top + "/" + variant.name;
  std::filesystem::create_directory(place.path);
  std::ofstream(place.path + "/key") << std::string(16, 'k');
  void* memory =
      ::mmap(nullptr, sizeof(Ledger), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die(place, "mmap failed");
  place.ledger = static_cast<Ledger*>(memory);
  return place;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 40;
  const auto seed = argc > 2 ? static_cast<uint32_t>(std::atoi(argv[2])) : std::random_device{}();
  std::printf("%d rounds, seed %u\n", rounds, seed);
  std::fflush(stdout);
  log_set(LogLevel::error, nullptr, nullptr, nullptr);
  char top[] = "/tmp/fcedge-crash-XXXXXX";
  if (!::mkdtemp(top)) return 1;
  std::vector<Place> places;
  for (const Variant& variant : kVariants) places.push_back(make_place(top, variant));
  std::minstd_rand random(seed);
  int found = 0;
  for (int round = 0; round < rounds; ++round) {
    const Place& place = places[static_cast<size_t>(round) % places.size()];
    const auto child_seed = static_cast<uint32_t>(random());
    // Many are killed early, while the index is rebuilt; some write for long.
    const auto us = static_cast<useconds_t>(random() % (round % 3 == 0 ? 10'000 : 120'000));
    const pid_t child = ::fork();
    if (child == 0) write_for_ever(place, child_seed);
    ::usleep(us);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!WIFSIGNALED(status)) die(place, "the writer ended by itself");
    found += check(place);
  }
  uint64_t flushes = 0, versions = 0;
  for (const Place& place : places) {
    flushes += place.ledger->flushes;
    versions += place.ledger->version;
  }
  std::filesystem::remove_all(top);
  std::printf("%d kills, %llu puts and erasures, %llu flushes, %d objects found right\n", rounds,
              static_cast<unsigned long long>(versions), static_cast<unsigned long long>(flushes),
              found);
  // A run that never wrote anything has shown nothing.
  return rounds >= 20 && (found == 0 || flushes == 0) ? 1 : 0;
}
