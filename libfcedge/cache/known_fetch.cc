// SPDX-License-Identifier: Apache-2.0
#include "cache/known_fetch.h"

namespace fce {

KnownFetch::KnownFetch(HttpContext& http, FetchSink& sink, FetchError why)
    : sink_(sink), status_(0), why_(why) {
  http.net.loop.mark_dirty(*this, Lane::answer);
}

KnownFetch::KnownFetch(HttpContext& http, FetchSink& sink, uint16_t status,
                       std::span<const Header> headers)
    : sink_(sink), status_(status) {
  for (const Header& header : headers) fields_.emplace_back(header.name, header.value);
  http.net.loop.mark_dirty(*this, Lane::answer);
}

KnownFetch::~KnownFetch() {
  if (gone_) *gone_ = true;
}

void KnownFetch::flush() {
  if (status_ == 0) return sink_.on_fail(why_);
  std::vector<Header> headers;
  for (const auto& [name, value] : fields_) headers.push_back({name, value});
  bool gone = false;
  gone_ = &gone;
  sink_.on_head(status_, headers, 0);
  if (gone) return;
  gone_ = nullptr;
  sink_.on_end({});
}

}  // namespace fce
