// SPDX-License-Identifier: Apache-2.0
// DatagramRuns: of the answers of one batch those to the same client and of the same size, each run
// of them as one message that the kernel cuts into datagrams on its way out (UDP_SEGMENT). Most of
// what an answer costs is the way through the kernel, which a run takes once. Resolvers that use a
// port for each query gain nothing by it, nor lose; load balancers and forwarders use few.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace fce {

class DatagramRuns {
 public:
  static constexpr size_t kAnswersMax = 64;  // of a batch; the kernel takes so many in a run
  // A datagram of a run has to fit into the narrowest link; longer ones go alone.
  static constexpr size_t kPieceBytesMax = 1232;
  static constexpr size_t kRunBytesMax = 61'440;

  // Starts a batch. `together`: false lets all go alone.
  void begin(bool together);
  // At most `kAnswersMax`. `query` came by the kernel: its name and its control message say to whom
  // and from which address. They and the bytes of `answer` are borrowed until the next batch.
  void add(const msghdr& query, const iovec& answer);
  // After the last.
  void finish();

  mmsghdr* messages() { return messages_.data(); }
  size_t size() const { return runs_; }
  // Datagrams of one of the messages.
  size_t count(size_t run) const { return counts_[run]; }
  // One of several of them by itself, should the kernel not take the run.
  msghdr single(size_t run, size_t index) const;

 private:
  static constexpr uint8_t kNone = UINT8_MAX;
  static constexpr size_t kControlBytes =
      CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(uint16_t));

  bool goes_with(size_t run, const msghdr& query, size_t bytes) const;
  // Where the latest run of a client and a size stands, or is to stand.
  uint8_t* slot_of(const msghdr& query, size_t bytes);
  uint8_t begin_run(const msghdr& query, size_t bytes);
  void say_size(size_t run);

  size_t answers_ = 0, runs_ = 0;
  bool together_ = false;
  std::array<mmsghdr, kAnswersMax> messages_;
  std::array<uint8_t, kAnswersMax> counts_;
  std::array<iovec, kAnswersMax> answer_of_, pieces_;
  std::array<uint8_t, kAnswersMax> run_of_;      // of an answer
  std::array<size_t, kAnswersMax> piece_bytes_;  // of a run
  // Runs by a hash of client and size; those that have the same hash stand behind each other.
  std::array<uint8_t, 2 * kAnswersMax> latest_;
  alignas(cmsghdr) std::array<std::array<uint8_t, kControlBytes>, kAnswersMax> controls_;
};

}  // namespace fce
