// SPDX-License-Identifier: Apache-2.0
// What the query of a publish request says besides its body: key, author, audience. Pure code.
#pragma once

#include <string_view>

#include "base/status.h"
#include "pubsub/publication.h"

namespace fce {

// Reads `key=`, `author=`, and any number of `group=`, `user=` and `exclude=`; other fields are
// left alone. `*any` tells whether there was one of ours. FCE_EINVAL: a bad escape, a field twice
// that stands once, too many names. Whether names are valid is for PubSub::check to say.
Status parse_publish_query(std::string_view query, Publication::More* out, bool* any);

}  // namespace fce
