// SPDX-License-Identifier: Apache-2.0
// The data of records in the form of the wire, names uncompressed.
#pragma once

#include <string>

#include "base/bytes.h"
#include "geo/dns_types.h"

namespace fce {

// Whether it can stand in a record of the type. Of types that we do not know all data can.
bool valid_rdata(DnsType type, Bytes data);

// Of data that can stand in it: as it is signed and compared (RFC 4034 section 6.2), which is with
// the names of some types in lower case.
std::string canonical_rdata(DnsType type, Bytes data);

}  // namespace fce
