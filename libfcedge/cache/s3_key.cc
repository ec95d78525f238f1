// SPDX-License-Identifier: Apache-2.0
#include "cache/s3_key.h"

#include <algorithm>

#include "base/arena.h"
#include "base/bytes.h"
#include "http/percent.h"
#include "http/utf8.h"

namespace fce {
namespace {

bool has_dot_segment(std::string_view path) {
  for (;;) {
    const std::string_view segment = path.substr(0, path.find('/'));
    if (segment == "." || segment == "..") return true;
    if (segment.size() == path.size()) return false;
    path.remove_prefix(segment.size() + 1);
  }
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; });
}

}  // namespace

bool s3_key_of(std::string_view target, std::string_view prefix, std::string_view index,
               std::string* key) {
  const std::string_view encoded = target.substr(0, target.find('?'));
  // Three bytes of an escape are one of the key.
  if (encoded.empty() || encoded.front() != '/' || encoded.size() > 3 * kS3KeyBytesMax + 1)
    return false;
  Arena arena;
  std::string_view path;
  if (!percent_decode_path(encoded.substr(1), arena, &path)) return false;
  if (has_dot_segment(path) || has_control(path) || !is_utf8(as_bytes(path))) return false;
  const bool wants_index = path.empty() || path.back() == '/';
  if (wants_index && index.empty() && path.empty()) return false;
  key->assign(prefix).append(path);
  if (wants_index) key->append(index);
  return key->size() <= kS3KeyBytesMax;
}

}  // namespace fce
