// SPDX-License-Identifier: Apache-2.0
#include "http/ws_extension.h"

#include "http/field_list.h"
#include "http/ws_deflate.h"

namespace fce {
namespace {

// Takes what the grammar of the field is made of off its front.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : left_(text) { skip_blanks(); }

  bool at_end() const { return left_.empty(); }
  bool take(char c) {
    if (left_.empty() || left_.front() != c) return false;
    left_.remove_prefix(1);
    skip_blanks();
    return true;
  }
  bool token(std::string_view* out) {
    size_t size = 0;
    while (size < left_.size() && is_token_char(left_[size])) ++size;
    *out = left_.substr(0, size);
    left_.remove_prefix(size);
    skip_blanks();
    return size > 0;
  }
  // A token, or one in quotes. A backslash in there only ever precedes what needs none, so it is
  // taken for an offence.
  bool value(std::string_view* out) {
    if (left_.empty() || left_.front() != '"') return token(out);
    const size_t end = left_.find('"', 1);
    if (end == std::string_view::npos) return false;
    *out = left_.substr(1, end - 1);
    left_.remove_prefix(end + 1);
    skip_blanks();
    return is_token(*out);
  }

 private:
  void skip_blanks() {
    while (!left_.empty() && is_blank(left_.front())) left_.remove_prefix(1);
  }
  std::string_view left_;
};

// The number of a window size: 8 to 15 without leading zeros (section 7.1.2); 0 for all else.
int window_bits_of(std::string_view value) {
  if (value.size() == 1 && (value == "8" || value == "9")) return value[0] - '0';
  if (value.size() == 2 && value[0] == '1' && value[1] >= '0' && value[1] <= '5')
    return 10 + value[1] - '0';
  return 0;
}

// One offer. What is unknown, wrong or there twice makes it one that we cannot take; the client may
// have others (section 7.1).
struct Offer {
  enum Parameter : unsigned {
    server_context = 1,
    client_context = 2,
    server_bits = 4,
    client_bits = 8
  };

  bool good = true;
  int window_bits = 0;
  unsigned seen = 0;

  void add(std::string_view name, bool has_value, std::string_view value) {
    if (name == "server_no_context_takeover") {
      see(server_context, !has_value);
    } else if (name == "client_no_context_takeover") {
      see(client_context, !has_value);
    } else if (name == "server_max_window_bits") {
      window_bits = window_bits_of(value);
      see(server_bits, has_value && window_bits >= kWsWindowBitsMin);
    } else if (name == "client_max_window_bits") {
      // We can read any window, so there is nothing to be agreed on.
      see(client_bits, !has_value || window_bits_of(value) != 0);
    } else {
      good = false;
    }
  }
  void see(Parameter parameter, bool valid) {
    good = good && valid && (seen & parameter) == 0;
    seen |= parameter;
  }
};

// Reads one extension with its parameters. False: it is malformed.
bool read_extension(Scanner& scanner, Offer* offer) {
  std::string_view name;
  if (!scanner.token(&name)) return false;
  offer->good = name == "permessage-deflate";
  while (scanner.take(';')) {
    std::string_view parameter, value;
    if (!scanner.token(&parameter)) return false;
    const bool has_value = scanner.take('=');
    if (has_value && !scanner.value(&value)) return false;
    offer->add(parameter, has_value, value);
  }
  return scanner.at_end() || scanner.take(',');
}

}  // namespace

WsDeflate websocket_deflate(const Request& request) {
  WsDeflate agreed;
  for (const Header& header : request.headers) {
    if (header.name != "sec-websocket-extensions") continue;
    Scanner scanner(header.value);
    while (!scanner.at_end()) {
      if (scanner.take(',')) continue;  // members of a list may be empty
      Offer offer;
      if (!read_extension(scanner, &offer)) return {.malformed = true};
      if (!offer.good || agreed.window_bits != 0) continue;
      agreed.bits_asked = offer.window_bits != 0;
      agreed.window_bits = agreed.bits_asked ? offer.window_bits : kWsWindowBitsMax;
    }
  }
  return agreed;
}

std::string websocket_deflate_answer(const WsDeflate& agreed) {
  std::string answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
  if (agreed.bits_asked) answer += "; server_max_window_bits=" + std::to_string(agreed.window_bits);
  return answer;
}

}  // namespace fce
