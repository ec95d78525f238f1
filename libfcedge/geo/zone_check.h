// SPDX-License-Identifier: Apache-2.0
// What a zone as a whole has to keep to, as named-checkzone looks for it.
#pragma once

#include "base/status.h"
#include "geo/zone.h"

namespace fce {

// FCE_EINVAL when a name of NS or MX that lies in the zone has no address or is an alias (RFC 2181
// section 10.3), a delegation has no glue that it needs, or DS stands where nothing is delegated.
Status check_zone(const Zone& zone);

}  // namespace fce
