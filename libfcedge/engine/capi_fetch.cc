// SPDX-License-Identifier: Apache-2.0
// include/fcedge/origin.h: origins that are C code.
#include <fcedge/origin.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/callback_origin.h"
#include "engine/fields_in.h"
#include "engine/handles.h"

using namespace fce;

namespace {

fce_str to_str(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

extern "C" {

int fce_origin_create_callback(fce_origin_fn origin, void* user, fce_release_fn release,
                               fce_origin** out) {
  if (!origin || !out) return to_c(fail(Status::invalid, "the callback is NULL"));
  *out = new fce_origin{
      std::make_shared<CallbackPlan>(std::make_shared<CallbackOrigin>(origin, user, release))};
  return FCE_OK;
}

fce_str fce_fetch_method(const fce_fetch* fetch) { return to_str(fetch->method); }
fce_str fce_fetch_target(const fce_fetch* fetch) { return to_str(fetch->target); }
fce_str fce_fetch_host(const fce_fetch* fetch) { return to_str(fetch->host); }

fce_str fce_fetch_header(const fce_fetch* fetch, const char* name) {
  for (const auto& [field, value] : fetch->headers)
    if (name && equals_ignoring_case(field, name)) return to_str(value);
  return {nullptr, 0};
}

int fce_fetch_head(fce_fetch* fetch, uint32_t status, const fce_header* headers,
                   size_t header_count, int64_t length) {
  if (!fetch || status < 200 || status > 599)
    return to_c(fail(Status::invalid, "the fetch is NULL, or the status is not 200 to 599"));
  std::vector<std::pair<std::string, std::string>> fields;
  const Status valid = read_fields(headers, header_count, &fields);
  if (valid != Status::ok) return to_c(valid);
  return to_c(callback_head(fetch, static_cast<uint16_t>(status), std::move(fields),
                            length < 0 ? -1 : length));
}

int fce_fetch_write(fce_fetch* fetch, const void* data, size_t len) {
  if (!fetch || (!data && len > 0)) return to_c(fail(Status::invalid, "the fetch is NULL"));
  return to_c(callback_write(fetch, {static_cast<const uint8_t*>(data), len}));
}

size_t fce_fetch_pending(const fce_fetch* fetch) {
  const std::lock_guard lock(fetch->talk->mutex);
  return fetch->talk->pending;
}

int fce_fetch_end(fce_fetch* fetch) {
  return fetch ? to_c(callback_end(fetch)) : to_c(fail(Status::invalid, "the fetch is NULL"));
}

void fce_fetch_fail(fce_fetch* fetch) {
  if (fetch) callback_fail(fetch);
}

}  // extern "C"
