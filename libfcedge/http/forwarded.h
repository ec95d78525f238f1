// SPDX-License-Identifier: Apache-2.0
// Who the client is, for the server behind a proxy: Forwarded (RFC 7239) and its older relatives.
#pragma once

#include <string_view>
#include <vector>

#include "base/arena.h"
#include "http/message.h"
#include "net/address.h"

namespace fce {

// Whether a field says such a thing, so that it is believed only when it comes from a proxy of
// ours.
// "_" counts as "-", since many servers cannot tell them apart later. `name` is in lower case.
bool is_forwarding_field(std::string_view name);

// Appends Forwarded for this hop. With `trusted`, what the request has of it goes before.
void add_forwarded(const Request& request, const PeerAddress& peer, bool trusted, Arena& arena,
                   std::vector<Header>* fields);

// Appends X-Forwarded-For, -Proto and -Host. With `trusted`, the first is continued, and the other
// two are what the first proxy has said.
void add_x_forwarded(const Request& request, const PeerAddress& peer, bool trusted, Arena& arena,
                     std::vector<Header>* fields);

}  // namespace fce
