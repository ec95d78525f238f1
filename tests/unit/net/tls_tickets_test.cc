// SPDX-License-Identifier: Apache-2.0
#include "net/tls_tickets.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/time.h"

namespace fce {
namespace {

struct Ticket {
  std::string name = std::string(TicketKeys::kNameBytes, '\0');
  std::string nonce = std::string(TicketKeys::kNonceBytes, '\0');
  std::string text = "the secret of a session";
  std::string tag = std::string(TicketKeys::kTagBytes, '\0');

  static MutableBytes writable(std::string& part) {
    return {reinterpret_cast<uint8_t*>(part.data()), part.size()};
  }
  Status seal(TicketKeys& keys) {
    return keys.seal(writable(name), writable(nonce), writable(text), writable(tag));
  }
  // Of a copy, so that it can be opened again.
  TicketKeys::Opened open(TicketKeys& keys, std::string* plain = nullptr) const {
    std::string copy = text;
    const auto result = keys.open(as_bytes(name), as_bytes(nonce), writable(copy), as_bytes(tag));
    if (plain) *plain = copy;
    return result;
  }
};

int64_t now_s() { return static_cast<int64_t>(monotonic_us() / 1'000'000); }

}  // namespace

TEST_CASE("tickets: sealed, opened, and never the same twice") {
  TicketKeys keys;
  Ticket a, b;
  REQUIRE(a.seal(keys) == Status::ok);
  REQUIRE(b.seal(keys) == Status::ok);
  CHECK(a.name == b.name);
  CHECK(a.nonce != b.nonce);
  CHECK(a.text != b.text);
  CHECK(a.text != Ticket().text);
  std::string plain;
  CHECK(a.open(keys, &plain) == TicketKeys::Opened::fresh);
  CHECK(plain == Ticket().text);
}

TEST_CASE("tickets: an older key opens and asks for renewal, until it has left the ring") {
  TicketKeys keys;
  Ticket ticket;
  REQUIRE(ticket.seal(keys) == Status::ok);
  const int64_t start = now_s();
  keys.rotate(start + TicketKeys::kRotateSeconds / 2);
  CHECK(ticket.open(keys) == TicketKeys::Opened::fresh);
  // As long as a ticket lives its key is there.
  for (int64_t age = TicketKeys::kRotateSeconds; age <= TicketKeys::kTicketSeconds;
       age += TicketKeys::kRotateSeconds) {
    keys.rotate(start + age + 1);
    std::string plain;
    CHECK(ticket.open(keys, &plain) == TicketKeys::Opened::renew);
    CHECK(plain == Ticket().text);
  }
  keys.rotate(start + 10 * TicketKeys::kRotateSeconds);
  CHECK(ticket.open(keys) == TicketKeys::Opened::unknown);
  Ticket after;
  REQUIRE(after.seal(keys) == Status::ok);
  CHECK(after.name != ticket.name);
  CHECK(after.open(keys) == TicketKeys::Opened::fresh);
}

TEST_CASE("tickets: a sleep of a year replaces all keys, at once") {
  TicketKeys keys;
  Ticket ticket;
  REQUIRE(ticket.seal(keys) == Status::ok);
  keys.rotate(now_s() + 365 * 86'400);
  CHECK(ticket.open(keys) == TicketKeys::Opened::unknown);
}

TEST_CASE("tickets: a clock that does not move or goes back rotates nothing") {
  TicketKeys keys;
  Ticket ticket;
  REQUIRE(ticket.seal(keys) == Status::ok);
  keys.rotate(now_s());
  keys.rotate(0);
  keys.rotate(-1'000'000);
  CHECK(ticket.open(keys) == TicketKeys::Opened::fresh);
}

TEST_CASE("tickets: what was touched, or sealed by others, is unknown") {
  TicketKeys keys, others;
  Ticket ticket;
  REQUIRE(ticket.seal(keys) == Status::ok);
  CHECK(ticket.open(others) == TicketKeys::Opened::unknown);
  std::string Ticket::*const parts[] = {&Ticket::name, &Ticket::nonce, &Ticket::text, &Ticket::tag};
  for (auto part : parts) {
    for (size_t i = 0; i < (ticket.*part).size(); ++i) {
      Ticket touched = ticket;
      (touched.*part)[i] = static_cast<char>((touched.*part)[i] ^ 0x80);
      REQUIRE(touched.open(keys) == TicketKeys::Opened::unknown);
    }
  }
}

TEST_CASE("tickets: shards seal and open while keys rotate") {
  TicketKeys keys;
  std::vector<std::thread> threads;
  std::atomic<int> opened{0};
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        Ticket ticket;
        if (ticket.seal(keys) == Status::ok && ticket.open(keys) != TicketKeys::Opened::unknown)
          ++opened;
      }
    });
  }
  keys.rotate(now_s() + TicketKeys::kRotateSeconds + 1);
  for (auto& thread : threads) thread.join();
  CHECK(opened == 600);
  CHECK(&TicketKeys::process() == &TicketKeys::process());
}

}  // namespace fce
