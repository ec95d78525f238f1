// SPDX-License-Identifier: Apache-2.0
// What H1Parser finds in some bytes, written down: to compare ways of feeding it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/limits.h"
#include "http/h1_parser.h"

namespace fce {

class H1Record final : private H1Parser::Sink {
 public:
  explicit H1Record(const Limits& limits) : limits_(limits), parser_(limits_, *this) {}

  // Feeds one piece; goes on behind each request.
  void feed(Bytes data) {
    while (!data.empty()) {
      size_t taken = 0;
      last_ = parser_.feed(data, &taken);
      if (last_ == H1Parser::Result::refused || last_ == H1Parser::Result::stopped) return;
      data = data.subspan(taken);
      if (last_ != H1Parser::Result::request) continue;
      log_ += "| body " + std::string(body_) + " |" + (parser_.keep_alive() ? " keep" : " close");
      log_ += "\n";
      body_.clear();
      arena_ = nullptr;
    }
  }
  void feed(std::string_view text) { feed(as_bytes(text)); }
  H1Parser& parser() { return parser_; }
  H1Parser::Result last() const { return last_; }
  bool refused() const { return last_ == H1Parser::Result::refused; }
  // Everything that was found. A body that is not complete is left out after a refusal, since how
  // much of it was seen depends on the pieces.
  std::string text() const {
    std::string out = log_;
    if (refused()) {
      const H1Parser::Refusal& refusal = parser_.refusal();
      out += "refused " + std::to_string(refusal.status) + " " + refusal.why + "\n";
    } else {
      out += "| body " + body_ + (parser_.in_head() ? " in head" : "") +
             (parser_.in_request() ? " in request" : "") + "\n";
    }
    return out;
  }
  int requests() const { return requests_; }
  bool stop_at_head = false;
  bool stop_at_body = false;

 private:
  Arena& on_begin() override {
    arena_ = std::make_unique<Arena>();
    return *arena_;
  }
  bool on_head(Request& request, int64_t content_length, bool expects_continue) override {
    ++requests_;
    log_ += std::string(request.method_text) + " host=" + std::string(request.host) +
            " authority=" + std::string(request.authority) + " path=" + std::string(request.path) +
            " query=" + std::string(request.query) + " version=" + std::to_string(request.version) +
            " length=" + std::to_string(content_length) + (expects_continue ? " expects" : "");
    for (const Header& header : request.headers)
      log_ += " " + std::string(header.name) + "=" + std::string(header.value) + ";";
    return !stop_at_head;
  }
  bool on_body(Bytes piece) override {
    body_ += as_text(piece);
    return !stop_at_body;
  }

  const Limits limits_;
  H1Parser parser_;
  H1Parser::Result last_ = H1Parser::Result::more;
  std::unique_ptr<Arena> arena_;
  std::string log_;
  std::string body_;
  int requests_ = 0;
};

}  // namespace fce
