// SPDX-License-Identifier: Apache-2.0
// The text of key files, as BIND has made them a custom.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "geo/dns_name.h"

namespace fce {

// The value of a line "NAME: VALUE" of a private key, without blanks at its ends; empty if there is
// none.
std::string_view key_line_value(std::string_view text, std::string_view name);

// base64 (RFC 4648 section 4), padded or not. False for what is none.
bool decode_key(std::string_view text, std::string* out);

// The first DNSKEY record of a public key file ("example. 3600 IN DNSKEY 257 3 13 (...)"), of one
// line, and what stands behind a semicolon is not read. FCE_EINVAL with a sentence.
Status read_dnskey(std::string_view text, DnsName* owner, std::string* data);

}  // namespace fce
