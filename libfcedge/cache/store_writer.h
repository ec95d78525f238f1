// SPDX-License-Identifier: Apache-2.0
// StoreWriter: the store's thread. It rebuilds the index, then does what waits in the queue.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "cache/evictor.h"
#include "cache/write_queue.h"

namespace fce {

class LargeWrite;
class Recovery;

class StoreWriter final : public LargeGone {
 public:
  struct Parts {
    std::shared_ptr<StoreDirectory> directory;
    std::shared_ptr<const LargeFile::Keys> keys;
    std::string path;  // for messages
    FileNumbers& numbers;
    FileTable& files;
    Index& index;
    Eviction& eviction;
    TenantShares& shares;
    Catalogue& catalogue;
    Appender& appender;
    Evictor& evictor;
    StoreEvents& events;
    WriteQueue& queue;
  };
  StoreWriter(Parts parts, uint32_t retry_ms) : parts_(std::move(parts)), retry_ms_(retry_ms) {}
  ~StoreWriter() { stop(); }

  void start(Recovery& recovery);
  // Does what waits, and ends.
  void stop();

  // Any thread. Nothing is written for a while, since that failed.
  bool resting() const;
  void on_large_gone(uint32_t number) override;

  // ---- tasks, on the store's thread ----

  void write(const Put& put);
  void write_erased(const ObjectKey& key, uint64_t tenant_hash, uint64_t sequence);
  void remove_large(uint32_t number);
  void begin(LargeWrite& write);
  void append(LargeWrite& write, Bytes piece);
  void commit(LargeWrite& write, const Put& put);
  void abort(LargeWrite& write);
  // New meta for a large object: the put has name and meta.
  void describe(const Put& put);

 private:
  void run(Recovery& recovery);
  bool seal(Put* put, std::vector<uint8_t>* sealed) const;
  bool reserve_large(LargeWrite& write, uint64_t body_bytes);
  void fail_large(LargeWrite& write);
  // A system call failed: tells, counts, and has writing rest.
  void failed(const char* what, int error);

  const Parts parts_;
  const uint32_t retry_ms_;
  std::atomic<uint64_t> resting_until_us_{0};
  std::thread thread_;
};

}  // namespace fce
