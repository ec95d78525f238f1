// SPDX-License-Identifier: Apache-2.0
// The data of records in the form of the wire, names uncompressed.
#pragma once

#include "base/bytes.h"
#include "geo/dns_types.h"

namespace fce {

// Whether it can stand in a record of the type. Of types that we do not know all data can.
bool valid_rdata(DnsType type, Bytes data);

}  // namespace fce
