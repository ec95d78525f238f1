// SPDX-License-Identifier: Apache-2.0
// Via (RFC 9110 section 7.6.3): through which proxies and caches a message has come.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "http/message.h"

namespace fce {

// A request that has come through a proxy of this name so often goes in circles.
constexpr uint32_t kTimesViaMax = 8;

// The version that a request came by, as Via says it.
std::string_view via_version(const Request& request);

// The value that goes on: those that `headers` have, and ours.
std::string_view via_value(std::span<const Header> headers, std::string_view version,
                           std::string_view name, Arena& arena);

// How many times the request went through a proxy of this name.
uint32_t times_via(const Request& request, std::string_view name);

}  // namespace fce
