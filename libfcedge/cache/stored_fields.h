// SPDX-License-Identifier: Apache-2.0
// Which fields of an answer are stored, updated and shown (RFC 9111 sections 3.1 and 3.2).
#pragma once

#include <cstdint>
#include <span>

#include "base/arena.h"
#include "cache/cache_control.h"
#include "cache/policy_options.h"
#include "http/message.h"

namespace fce {

// What of an answer may be kept: without the fields of the connection, of proxies, those named by
// `private` and `no-cache`, and Set-Cookie unless options say so. Date is added if there is none.
std::span<const Header> storable_fields(std::span<const Header> headers,
                                        const AnswerDirectives& directives, int64_t date_s,
                                        const PolicyOptions& options, Arena& arena);

// `stored` updated by a 304 or by the answer to a HEAD. Age and Date are those of `newer` or none.
// Set-Cookie is for the client that asked, unless the options say otherwise.
std::span<const Header> merged_fields(std::span<const Header> stored, std::span<const Header> newer,
                                      const PolicyOptions& options, Arena& arena);

// What of an answer is for the client that asked, and for nobody else: Set-Cookie, unless options
// say otherwise, and the fields named by `private` and `no-cache`.
std::span<const Header> personal_fields(std::span<const Header> headers,
                                        const PolicyOptions& options, Arena& arena);

// What a client gets to see of an answer that came from the origin just now.
bool hidden_from_clients(std::string_view name, const PolicyOptions& options);

}  // namespace fce
