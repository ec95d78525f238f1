// SPDX-License-Identifier: Apache-2.0
#include "cache/s3_fetch.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/time.h"

namespace fce {
namespace {

// More of an error than this is not read; S3's own have some hundred bytes.
constexpr size_t kExplanationBytesMax = 4096;
// What is not wanted of a body is read nevertheless, so that the connection can be used again.
constexpr uint64_t kDroppedBytesMax = 64 * 1024;

constexpr std::array<std::string_view, 5> kPassedOn = {"range", "if-match", "if-modified-since",
                                                       "if-none-match", "if-unmodified-since"};

// The fields that an object has, and those of the protocol.
constexpr std::array<std::string_view, 15> kKept = {"accept-ranges",
                                                    "age",
                                                    "cache-control",
                                                    "content-disposition",
                                                    "content-encoding",
                                                    "content-language",
                                                    "content-length",
                                                    "content-range",
                                                    "content-type",
                                                    "date",
                                                    "etag",
                                                    "expires",
                                                    "last-modified",
                                                    "retry-after",
                                                    "vary"};

// An object in S3 cannot have these fields, so they are given as metadata.
constexpr std::array<Header, 2> kRenamed = {
    Header{"x-amz-meta-cache-tag", "cache-tag"},
    Header{"x-amz-meta-surrogate-key", "surrogate-key"},
};

template <size_t N>
bool is_among(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string_view value_of(std::span<const Header> headers, std::string_view name) {
  for (const Header& header : headers)
    if (header.name == name) return header.value;
  return {};
}

// Without Range if there is an If-Range.
FetchRequest passed_on(FetchRequest request, std::vector<Header>* kept) {
  const bool conditional_range = !value_of(request.headers, "if-range").empty();
  for (const Header& header : request.headers)
    if (is_among(kPassedOn, header.name) && !(conditional_range && header.name == "range"))
      kept->push_back(header);
  request.headers = *kept;
  return request;
}

SavedRequest save(const FetchRequest& request) {
  FetchRequest views;
  views.method = request.method;
  views.headers = request.headers;
  std::vector<Header> kept;
  return SavedRequest(passed_on(std::move(views), &kept));
}

std::vector<Header> object_fields(std::span<const Header> headers) {
  std::vector<Header> fields;
  for (const Header& header : headers) {
    if (is_among(kKept, header.name)) fields.push_back(header);
    for (const Header& each : kRenamed)
      if (header.name == each.name) fields.push_back({each.value, header.value});
  }
  return fields;
}

// The same without what is said of the body, which is S3's and not the object's.
std::vector<Header> fields_without_body(std::span<const Header> headers) {
  std::vector<Header> fields = object_fields(headers);
  std::erase_if(fields, [](const Header& header) {
    return header.name == "content-length" || header.name == "content-type";
  });
  return fields;
}

}  // namespace

std::string_view s3_error_part(std::string_view xml, std::string_view element) {
  const std::string begin = "<" + std::string(element) + ">";
  const size_t at = xml.find(begin);
  if (at == std::string_view::npos) return {};
  xml.remove_prefix(at + begin.size());
  const size_t end = xml.find('<');
  return end == std::string_view::npos ? std::string_view() : xml.substr(0, end);
}

S3Fetch::S3Fetch(std::shared_ptr<const S3Origin> origin, HttpContext& http,
                 const FetchRequest& request, std::string path, FetchSink& sink)
    : origin_(std::move(origin)),
      http_(http),
      saved_(save(request)),
      path_(std::move(path)),
      sink_(sink) {
  ask();
}

S3Fetch::~S3Fetch() {
  if (gone_) *gone_ = true;
}

void S3Fetch::pause() {
  paused_ = true;
  if (state_ == State::passing) inner_->pause();
}

void S3Fetch::resume() {
  paused_ = false;
  if (state_ == State::passing) inner_->resume();
}

void S3Fetch::ask() {
  state_ = State::asked;
  FetchRequest request = saved_.request();
  request.target = path_;
  request.authority = origin_->place_.authority;
  std::vector<Header> headers(request.headers.begin(), request.headers.end());
  const auto credentials = origin_->credentials_->current(http_.net.loop.now_ms());
  std::array<char, kSigV4TimeBytes> time;
  std::string authorization;
  signed_ = credentials != nullptr;
  if (credentials) {
    signed_at_s_ = wall_seconds() + origin_->clock_offset_s_.load(std::memory_order_relaxed);
    time = sigv4_time(signed_at_s_);
    const std::string_view stamp(time.data(), time.size());
    headers.push_back({"x-amz-content-sha256", kEmptyPayloadHash});
    headers.push_back({"x-amz-date", stamp});
    if (!credentials->session_token.empty())
      headers.push_back({"x-amz-security-token", credentials->session_token});
    headers.push_back({"host", request.authority});
    authorization = origin_->signer_.sign({request.method, path_, {}, headers, kEmptyPayloadHash},
                                          stamp, *credentials);
    headers.back() = {"authorization", authorization};
  }
  request.headers = headers;
  inner_ = origin_->server_->start(http_, std::move(request), *this);
}

void S3Fetch::on_head(uint16_t status, std::span<const Header> headers,
                      std::optional<uint64_t> length) {
  if (ask_by_their_clock(status, headers)) return;
  switch (status) {
    case 200:
    case 206: return pass_head(status, headers, length);
    case 304:
    case 412:
    case 416:
      state_ = State::dropping;
      return sink_.on_head(status, fields_without_body(headers), 0);
    default: begin_explaining(status, headers);
  }
}

bool S3Fetch::ask_by_their_clock(uint16_t status, std::span<const Header> headers) {
  int64_t date_s;
  if (status != 403 || !signed_ || asked_again_) return false;
  if (!parse_http_date(value_of(headers, "date"), &date_s)) return false;
  if (!origin_->learn_clock(date_s, signed_at_s_)) return false;
  asked_again_ = true;
  http_.net.counters.add(Counter::s3_clock_learned);
  inner_.reset();
  ask();
  return true;
}

void S3Fetch::pass_head(uint16_t status, std::span<const Header> headers,
                        std::optional<uint64_t> length) {
  state_ = State::passing;
  if (paused_) inner_->pause();
  sink_.on_head(status, object_fields(headers), length);
}

void S3Fetch::begin_explaining(uint16_t status, std::span<const Header> headers) {
  state_ = State::explaining;
  status_ = status;
  region_ = value_of(headers, "x-amz-bucket-region");
  retry_after_ = value_of(headers, "retry-after");
}

void S3Fetch::on_body(Bytes piece) {
  switch (state_) {
    case State::passing: return sink_.on_body(piece);
    case State::explaining:
      explanation_ +=
          as_text(piece.first(std::min(piece.size(), kExplanationBytesMax - explanation_.size())));
      if (explanation_.size() == kExplanationBytesMax) judge();
      return;
    case State::asked:
    case State::dropping: break;
  }
  dropped_bytes_ += piece.size();
  if (dropped_bytes_ <= kDroppedBytesMax) return;
  inner_.reset();
  sink_.on_end({});
}

void S3Fetch::on_end(std::span<const Header>) {
  if (state_ == State::explaining) return judge();
  sink_.on_end({});
}

void S3Fetch::on_fail(FetchError why) {
  if (state_ == State::explaining) return judge();
  if (state_ == State::dropping) return sink_.on_end({});
  sink_.on_fail(why);
}

// What an error is about: the object, which is an answer, or us, which is none.
void S3Fetch::judge() {
  inner_.reset();
  const std::string_view code = s3_error_part(explanation_, "Code");
  const bool denied = code.empty() || code == "AccessDenied";
  if (status_ == 404 && code != "NoSuchBucket") return answer(404);
  if (status_ == 403 && denied) return answer(origin_->options_.forbidden_is_absent ? 404 : 403);
  // In an archive from which it would have to be restored first.
  if (status_ == 403 && code == "InvalidObjectState") return answer(403);
  if (region_.empty()) region_ = s3_error_part(explanation_, "Region");
  origin_->tell(status_, code, region_);
  http_.net.counters.add(Counter::s3_refusals);
  if (status_ >= 500) return answer(status_);
  if (status_ == 429) return answer(503);  // slower servers say so: they are not our client's
  fail_with(FetchError::malformed);
}

void S3Fetch::answer(uint16_t status) {
  const Header field{"retry-after", retry_after_};
  bool gone = false;
  gone_ = &gone;
  sink_.on_head(status, {&field, retry_after_.empty() ? size_t{0} : size_t{1}}, 0);
  if (gone) return;
  gone_ = nullptr;
  sink_.on_end({});
}

void S3Fetch::fail_with(FetchError why) { sink_.on_fail(why); }

}  // namespace fce
