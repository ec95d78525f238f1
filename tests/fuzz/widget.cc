// SPDX-License-Identifier: Apache-2.0
// The public widget protocol: the first line is a query, the rest a payload. Parsing is total, a
// page has a channel of its own namespace, and what a log tells of an event is JSON.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "base/json.h"
#include "http/name.h"
#include "http/utf8.h"
#include "pubsub/key.h"
#include "pubsub/widget_event.h"
#include "pubsub/widget_request.h"

using namespace fce;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_event(std::string_view payload) {
  if (!is_utf8(as_bytes(payload))) return;  // no publication
  const WidgetEvent event = widget_event(payload, "5ca1ab1e.7-42", 1'767'323'045'678);
  Json entry;
  require(Json::parse("{" + event.entry + "}", {}, &entry) == Status::ok);
  std::string_view data;
  require(entry.find("data")->read(&data) && data == event.text);
  if (event.text == payload) return;
  Json json;
  std::string_view id;
  require(Json::parse(event.text, {64, 70'000}, &json) == Status::ok);
  require(json.find("id")->read(&id) && id == "5ca1ab1e.7-42");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = as_text({data, size});
  const size_t end = text.find('\n');
  const std::string_view query = text.substr(0, end);
  WidgetRequest log;
  if (WidgetRequest::parse_log("acme", query, &log) == Status::ok)
    require(widget_log_begin_ms(log, 1'767'323'045'678, 0) < log.start_ms);
  WidgetRequest sub;
  if (WidgetRequest::parse_sub(query, &sub) == Status::ok) {
    require(is_name(sub.tenant));
    const std::string common = widget_channel("", sub.url_id);
    require(common.find(':') == common.npos && common.size() <= kNameBytesMax);
    const std::string other = widget_channel("ns", sub.url_id);
    require(other.starts_with("ns:") && other.size() <= kNameBytesMax);
  }
  if (end != text.npos) check_event(text.substr(end + 1));
  return 0;
}
