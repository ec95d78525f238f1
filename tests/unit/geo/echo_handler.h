// SPDX-License-Identifier: Apache-2.0
// A DnsHandler that answers a message with what the test says, and remembers who has asked.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "geo/dns_handler.h"

namespace fce {

struct EchoHandler final : DnsHandler {
  std::vector<std::string> queries;
  std::vector<DnsClient> clients;
  size_t room = 0;  // that the last answer had
  std::function<std::string(std::string_view)> reply = [](std::string_view query) {
    return "re:" + std::string(query);
  };

  size_t answer(const DnsClient& client, Bytes query, MutableBytes out) override {
    queries.emplace_back(as_text(query));
    clients.push_back(client);
    room = out.size();
    const std::string answer = reply(as_text(query));
    std::copy(answer.begin(), answer.end(), out.begin());
    return answer.size();
  }
};

// As it goes over a stream.
inline std::string with_length(std::string_view message) {
  return std::string{static_cast<char>(message.size() >> 8), static_cast<char>(message.size())} +
         std::string(message);
}

// A message of the least size, or larger, that begins with `name`.
inline std::string query_of(std::string_view name, size_t size = 12) {
  std::string out(name);
  out.resize(size, '.');
  return out;
}

}  // namespace fce
