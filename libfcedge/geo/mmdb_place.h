// SPDX-License-Identifier: Apache-2.0
// What a record of a database says of a place, in any of the forms that are common: MaxMind's own
// (GeoLite2 and GeoIP2 City and Country, DB-IP), and the flat one (country_code, latitude,
// longitude).
#pragma once

#include "geo/mmdb_data.h"
#include "geo/place.h"

namespace fce {

// The record at `at`. False when it is malformed; a place that is not known is none.
bool read_place(const MmdbData& data, size_t at, Place* place);

}  // namespace fce
