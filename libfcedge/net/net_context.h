// SPDX-License-Identifier: Apache-2.0
// What the connections of one shard share: the loop, buffers, budgets. Buffers are here and not in
// the connections, so that an idle connection has none.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/limits.h"
#include "base/time.h"
#include "loop/loop.h"
#include "metrics/counters.h"
#include "net/admission.h"
#include "net/gather.h"
#include "net/send_batch.h"

namespace fce {

class Stream;

struct NetContext {
  static constexpr size_t kReadBytes = 64 * 1024;
  static constexpr size_t kPlainBytes = 16 * 1024;  // one TLS record

  NetContext(Loop& the_loop, const Limits& the_limits, Counters& the_counters,
             std::atomic<uint64_t>& the_connections)
      : loop(the_loop),
        limits(the_limits),
        counters(the_counters),
        connections(the_connections),
        batch(the_counters),
        read_buffer(std::make_unique<uint8_t[]>(kReadBytes)),
        plain_buffer(std::make_unique<uint8_t[]>(kPlainBytes)) {
    loop.set_batch(&batch);
    loop.set_admission_us(limits.tls_handshakes_us);
    show_admission();
  }
  ~NetContext() { loop.set_batch(nullptr); }
  NetContext(const NetContext&) = delete;
  NetContext& operator=(const NetContext&) = delete;

  // Takes one of this turn's handshakes; false when they are used up.
  bool take_handshake() {
    if (handshake_turn_ != loop.turn()) {
      admission.begin_lane(monotonic_us(), handshake_turn_ + 1 == loop.turn());
      handshake_turn_ = loop.turn();
      handshakes_left_ = limits.tls_handshakes_per_turn;
    }
    if (handshakes_left_ == 0) return false;
    --handshakes_left_;
    return true;
  }

  // Sets the gauges of who waits and how fast they are taken.
  void show_admission() {
    counters.set(Gauge::handshakes_waiting, admission.handshakes_waiting);
    counters.set(Gauge::accept_queue, admission.accept_queue);
    counters.set(Gauge::clients_taken_per_s, admission.taken_per_s());
    counters.set(Gauge::clients_per_s_max, admission.per_s());
  }

  Loop& loop;
  const Limits& limits;
  Counters& counters;
  std::atomic<uint64_t>& connections;  // open ones of the whole node
  List<Stream> streams;                // open ones of this shard
  uint32_t stream_count = 0;           // of that list
  Admission admission;
  Gather gather;
  SendBatch batch;
  std::unique_ptr<uint8_t[]> read_buffer;
  std::unique_ptr<uint8_t[]> plain_buffer;
  // The TLS converter's two ends: ciphertext that was read and not yet taken, and what the session
  // made for the socket.
  Bytes tls_in;
  std::vector<uint8_t> tls_out;
  uint32_t tls_records = 0;  // records that the session took since the stream began its pass
  bool tls_in_body = false;  // of the session that reads: a record's header is complete

 private:
  uint64_t handshake_turn_ = 0;
  uint32_t handshakes_left_ = 0;
};

}  // namespace fce
