// SPDX-License-Identifier: Apache-2.0
// What clients of the public widget protocol ask for. Pure code.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace fce {

struct WidgetRequest {
  std::string tenant;
  std::string url_id;
  std::string user;      // "" nobody in particular
  int64_t start_ms = 0;  // by the client's clock, since 1970
  int64_t end_ms = 0;

  // `?urlId=U&userIdWS=W&tenantIdWS=T`. FCE_EINVAL: one of them is no name or not UTF-8, or has a
  // bad escape.
  static Status parse_sub(std::string_view query, WidgetRequest* out);
  // `/event-log/TENANT/?urlId=U&userIdWS=W&startTime=MS&endTime=MS`. FCE_EINVAL likewise, and when
  // a time is missing or is no number.
  static Status parse_log(std::string_view tenant, std::string_view query, WidgetRequest* out);
};

// The channel of a page: "NAMESPACE:URLID". In the default namespace ("") it is the id itself, with
// "%" and ":" as "%25" and "%3A", so that no id names a channel of another namespace. A name that
// would be over 255 bytes is "NAMESPACE:sha256-HEX" instead, of the id's hash.
std::string widget_channel(std::string_view name_space, std::string_view url_id);

// From when on the log is to be read, in milliseconds since 1970 by this node's clock.
//
// The client says `end_ms` when it asks, so that its difference to the arrival is what its clock is
// off; the request has come at most `delay_ms` ago. It says as `start_ms` either a time by its own
// clock, or the time of the latest event that it has, which is by the clock of a server: so the
// earlier reading of it counts, and a margin for the way. That finds some events again, which the
// client knows by their ids, and loses none.
int64_t widget_log_begin_ms(const WidgetRequest& request, int64_t now_ms, uint32_t delay_ms);

}  // namespace fce
