// SPDX-License-Identifier: Apache-2.0
// S3Fetch: one object that is asked for, by one request or, when the clocks differ, by two.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/s3_origin.h"
#include "cache/saved_request.h"
#include "http/context.h"

namespace fce {

class S3Fetch final : public Fetch, private FetchSink {
 public:
  // `path` is the encoded one. Of the fields of `request` only those go along that S3 knows.
  S3Fetch(std::shared_ptr<const S3Origin> origin, HttpContext& http, const FetchRequest& request,
          std::string path, FetchSink& sink);
  ~S3Fetch() override;

  void pause() override;
  void resume() override;

 private:
  enum class State : uint8_t {
    asked,
    passing,     // head and body go to the sink
    dropping,    // the head was told, and the body is not wanted
    explaining,  // an error: its body says of what kind
  };

  void on_head(uint16_t status, std::span<const Header> headers,
               std::optional<uint64_t> length) override;
  void on_body(Bytes piece) override;
  void on_end(std::span<const Header> trailers) override;
  void on_fail(FetchError why) override;

  void ask();
  bool ask_by_their_clock(uint16_t status, std::span<const Header> headers);
  void pass_head(uint16_t status, std::span<const Header> headers, std::optional<uint64_t> length);
  void begin_explaining(uint16_t status, std::span<const Header> headers);
  void judge();
  void answer(uint16_t status);
  void fail_with(FetchError why);

  const std::shared_ptr<const S3Origin> origin_;
  HttpContext& http_;
  const SavedRequest saved_;
  const std::string path_;
  FetchSink& sink_;
  std::unique_ptr<Fetch> inner_;
  int64_t signed_at_s_ = 0;
  State state_ = State::asked;
  bool signed_ = false;
  bool asked_again_ = false;
  bool paused_ = false;
  uint16_t status_ = 0;
  std::string explanation_;  // of the error's body, as much as is needed
  std::string region_;
  std::string retry_after_;
  uint64_t dropped_bytes_ = 0;
  bool* gone_ = nullptr;  // set where it is watched whether a sink destroyed this
};

// What S3 says in an error: the text of the first element of that name, "" when there is none.
std::string_view s3_error_part(std::string_view xml, std::string_view element);

}  // namespace fce
