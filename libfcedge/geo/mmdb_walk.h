// SPDX-License-Identifier: Apache-2.0
// Walks the whole tree of a MaxMind database once, and enters where each address is.
#pragma once

#include "base/status.h"
#include "geo/cells.h"
#include "geo/mmdb_file.h"
#include "geo/prefix_index.h"

namespace fce {

// Enters the families that `index` does not have yet and the database does. IPv4 addresses in a
// database for IPv6 are entered as such, and not again where it has aliases of them (::ffff:0:0/96,
// 2002::/16 and others). A database that is broken is FCE_EINVAL with a sentence, or FCE_ETOOBIG;
// then what is in `index` is of no use.
Status walk_mmdb(const MmdbFile& file, CellMaker& cells, PrefixIndex& index);

}  // namespace fce
