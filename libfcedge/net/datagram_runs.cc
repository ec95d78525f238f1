// SPDX-License-Identifier: Apache-2.0
#include "net/datagram_runs.h"

#include <netinet/udp.h>

#include <cstring>

namespace fce {
namespace {

// What of a client's address tells it from others.
size_t hash_of(const msghdr& query, size_t bytes) {
  uint32_t last = 0;
  const auto* name = static_cast<const uint8_t*>(query.msg_name);
  const size_t end = query.msg_namelen == sizeof(sockaddr_in6)
                         ? offsetof(sockaddr_in6, sin6_addr) + sizeof(in6_addr)
                         : offsetof(sockaddr_in, sin_addr) + sizeof(in_addr);
  std::memcpy(&last, name + end - sizeof last, sizeof last);
  uint16_t port = 0;
  std::memcpy(&port, name + offsetof(sockaddr_in, sin_port), sizeof port);
  const uint64_t mixed =
      (uint64_t{last} << 16 ^ port ^ uint64_t{bytes} << 48) * 0x9e3779b97f4a7c15ull;
  return static_cast<size_t>(mixed >> 57);
}

bool same(const void* a, size_t a_size, const void* b, size_t b_size) {
  return a_size == b_size && (a_size == 0 || std::memcmp(a, b, a_size) == 0);
}

}  // namespace

void DatagramRuns::begin(bool together) {
  answers_ = runs_ = 0;
  together_ = together;
  latest_.fill(kNone);
}

bool DatagramRuns::goes_with(size_t run, const msghdr& query, size_t bytes) const {
  const msghdr& other = messages_[run].msg_hdr;
  return piece_bytes_[run] == bytes &&
         same(query.msg_name, query.msg_namelen, other.msg_name, other.msg_namelen) &&
         same(query.msg_control, query.msg_controllen, other.msg_control, other.msg_controllen);
}

// There are twice as many slots as runs, so one of them is empty.
uint8_t* DatagramRuns::slot_of(const msghdr& query, size_t bytes) {
  size_t slot = hash_of(query, bytes);
  while (latest_[slot] != kNone && !goes_with(latest_[slot], query, bytes))
    slot = (slot + 1) % latest_.size();
  return &latest_[slot];
}

uint8_t DatagramRuns::begin_run(const msghdr& query, size_t bytes) {
  const auto run = static_cast<uint8_t>(runs_++);
  msghdr& message = messages_[run].msg_hdr;
  message = query;
  message.msg_flags = 0;
  if (query.msg_controllen == 0) message.msg_control = nullptr;
  counts_[run] = 0;
  piece_bytes_[run] = bytes;
  return run;
}

void DatagramRuns::add(const msghdr& query, const iovec& answer) {
  const size_t bytes = answer.iov_len;
  const bool alone = !together_ || bytes > kPieceBytesMax ||
                     query.msg_controllen > CMSG_SPACE(sizeof(in6_pktinfo));
  uint8_t lone = kNone;
  uint8_t* const slot = alone ? &lone : slot_of(query, bytes);
  const bool fits = *slot != kNone && (counts_[*slot] + size_t{1}) * bytes <= kRunBytesMax;
  if (!fits) *slot = begin_run(query, bytes);
  ++counts_[*slot];
  answer_of_[answers_] = answer;
  run_of_[answers_++] = *slot;
}

void DatagramRuns::finish() {
  std::array<uint8_t, kAnswersMax> filled;
  size_t begin = 0;
  for (size_t run = 0; run < runs_; ++run) {
    messages_[run].msg_hdr.msg_iov = &pieces_[begin];
    messages_[run].msg_hdr.msg_iovlen = counts_[run];
    filled[run] = static_cast<uint8_t>(begin);
    begin += counts_[run];
    if (counts_[run] > 1) say_size(run);
  }
  for (size_t i = 0; i < answers_; ++i) pieces_[filled[run_of_[i]]++] = answer_of_[i];
}

// Behind the address that it leaves from, if there is one.
void DatagramRuns::say_size(size_t run) {
  msghdr& message = messages_[run].msg_hdr;
  const size_t before = message.msg_controllen;
  uint8_t* const control = controls_[run].data();
  std::memset(control + before, 0, CMSG_SPACE(sizeof(uint16_t)));
  if (before > 0) std::memcpy(control, message.msg_control, before);
  auto* head = reinterpret_cast<cmsghdr*>(control + before);
  head->cmsg_level = IPPROTO_UDP;
  head->cmsg_type = UDP_SEGMENT;
  head->cmsg_len = CMSG_LEN(sizeof(uint16_t));
  const auto bytes = static_cast<uint16_t>(piece_bytes_[run]);
  std::memcpy(CMSG_DATA(head), &bytes, sizeof bytes);
  message.msg_control = control;
  message.msg_controllen = before + CMSG_SPACE(sizeof(uint16_t));
}

msghdr DatagramRuns::single(size_t run, size_t index) const {
  msghdr message = messages_[run].msg_hdr;
  message.msg_iov += index;
  message.msg_iovlen = 1;
  message.msg_controllen -= CMSG_SPACE(sizeof(uint16_t));
  if (message.msg_controllen == 0) message.msg_control = nullptr;
  return message;
}

}  // namespace fce
