// SPDX-License-Identifier: Apache-2.0
// From the path of a request to the object that it names in a bucket.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fce {

constexpr size_t kS3KeyBytesMax = 1024;

// Sets `key` to `prefix` and the path of `target` behind its first slash, decoded once; to a key
// that is empty or ends in a slash `index` is added. False for what names no object: no key at all,
// one that is too long or no UTF-8, control characters, an encoded slash, and "." or ".." as a
// segment, which somebody on the way could take for another place. The query is not looked at.
bool s3_key_of(std::string_view target, std::string_view prefix, std::string_view index,
               std::string* key);

}  // namespace fce
