// SPDX-License-Identifier: Apache-2.0
// What H1ResponseParser finds in some bytes, written down: to compare ways of feeding it.
#pragma once

#include <string>
#include <string_view>

#include "http/h1_response_parser.h"

namespace fce {

class H1ResponseRecord final : private H1ResponseParser::Sink {
 public:
  explicit H1ResponseRecord(H1ResponseParser::Limits limits = {}, bool head = false,
                            bool upgrade = false)
      : head_(head), upgrade_(upgrade), parser_(limits, *this) {
    parser_.expect(head_, upgrade_);
  }

  // Feeds one piece; goes on behind each answer that leaves its connection open.
  void feed(Bytes data) {
    while (!data.empty() && !over_) {
      size_t taken = 0;
      last_ = parser_.feed(data, &taken);
      data = data.subspan(taken);
      taken_ += taken;
      take(last_);
    }
  }
  void feed(std::string_view text) { feed(as_bytes(text)); }
  void finish() {
    if (!over_ && parser_.begun()) take(last_ = parser_.finish());
  }
  const std::string& text() const { return log_; }
  H1ResponseParser& parser() { return parser_; }
  H1ResponseParser::Result last() const { return last_; }
  bool refused() const { return last_ == H1ResponseParser::Result::refused; }
  // How many bytes were used.
  size_t taken() const { return taken_; }
  int heads() const { return heads_; }
  bool stop_at_head = false;
  bool stop_at_body = false;

 private:
  void take(H1ResponseParser::Result result) {
    switch (result) {
      case H1ResponseParser::Result::more: return;
      case H1ResponseParser::Result::complete:
        log_ += "[" + body_ + "]" + fields(parser_.trailers());
        log_ += parser_.keep_alive() ? " keep\n" : " close\n";
        body_.clear();
        over_ = !parser_.keep_alive();
        parser_.expect(head_, upgrade_);
        return;
      case H1ResponseParser::Result::upgraded: log_ += "upgraded\n"; break;
      case H1ResponseParser::Result::refused: log_ += std::string("! ") + parser_.why(); break;
      case H1ResponseParser::Result::stopped: log_ += "stopped\n"; break;
    }
    over_ = true;
  }
  static std::string fields(std::span<const Header> headers) {
    std::string out;
    for (const Header& header : headers)
      out += " " + std::string(header.name) + "=" + std::string(header.value) + ";";
    return out;
  }
  bool on_informational(uint16_t status, std::span<const Header> headers) override {
    log_ += std::to_string(status) + fields(headers) + " | ";
    return !stop_at_head;
  }
  bool on_head(uint16_t status, std::span<const Header> headers,
               std::optional<uint64_t> length) override {
    ++heads_;
    log_ += std::to_string(status) + fields(headers) + " ";
    log_ += length ? std::to_string(*length) : "?";
    log_ += " ";
    return !stop_at_head;
  }
  bool on_body(Bytes piece) override {
    body_ += as_text(piece);
    return !stop_at_body;
  }

  const bool head_;
  const bool upgrade_;
  H1ResponseParser parser_;
  H1ResponseParser::Result last_ = H1ResponseParser::Result::more;
  std::string log_;
  std::string body_;
  size_t taken_ = 0;
  int heads_ = 0;
  bool over_ = false;
};

}  // namespace fce
