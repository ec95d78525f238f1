// SPDX-License-Identifier: Apache-2.0
#include "http/mime.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/bytes.h"

namespace fce {
namespace {

struct Type {
  std::string_view extension;
  std::string_view value;
};

// Sorted by extension, for the binary search.
constexpr Type kTypes[] = {
    {"7z", "application/x-7z-compressed"},
    {"aac", "audio/aac"},
    {"apng", "image/apng"},
    {"atom", "application/atom+xml; charset=utf-8"},
    {"avif", "image/avif"},
    {"bmp", "image/bmp"},
    {"br", "application/octet-stream"},
    {"css", "text/css; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"eot", "application/vnd.ms-fontobject"},
    {"flac", "audio/flac"},
    {"gif", "image/gif"},
    {"gz", "application/gzip"},
    {"htm", "text/html; charset=utf-8"},
    {"html", "text/html; charset=utf-8"},
    {"ico", "image/x-icon"},
    {"ics", "text/calendar; charset=utf-8"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript; charset=utf-8"},
    {"json", "application/json"},
    {"jsonld", "application/ld+json"},
    {"jxl", "image/jxl"},
    {"m3u8", "application/vnd.apple.mpegurl"},
    {"m4a", "audio/mp4"},
    {"m4s", "video/iso.segment"},
    {"map", "application/json"},
    {"md", "text/markdown; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"mov", "video/quicktime"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"mpd", "application/dash+xml"},
    {"oga", "audio/ogg"},
    {"ogg", "audio/ogg"},
    {"ogv", "video/ogg"},
    {"opus", "audio/ogg"},
    {"otf", "font/otf"},
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"rss", "application/rss+xml; charset=utf-8"},
    {"svg", "image/svg+xml; charset=utf-8"},
    {"tar", "application/x-tar"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"ts", "video/mp2t"},
    {"ttf", "font/ttf"},
    {"txt", "text/plain; charset=utf-8"},
    {"vtt", "text/vtt; charset=utf-8"},
    {"wasm", "application/wasm"},
    {"wav", "audio/wav"},
    {"weba", "audio/webm"},
    {"webm", "video/webm"},
    {"webmanifest", "application/manifest+json"},
    {"webp", "image/webp"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"xhtml", "application/xhtml+xml; charset=utf-8"},
    {"xml", "application/xml; charset=utf-8"},
    {"yaml", "application/yaml; charset=utf-8"},
    {"yml", "application/yaml; charset=utf-8"},
    {"zip", "application/zip"},
    {"zst", "application/zstd"},
};

constexpr size_t kExtensionBytesMax = 11;
constexpr std::string_view kUnknown = "application/octet-stream";

constexpr bool sorted() {
  for (size_t i = 1; i < std::size(kTypes); ++i)
    if (kTypes[i - 1].extension >= kTypes[i].extension) return false;
  return true;
}
static_assert(sorted());

}  // namespace

std::string_view mime_type(std::string_view file_name) {
  file_name.remove_prefix(file_name.rfind('/') + 1);  // npos + 1 is 0
  const size_t dot = file_name.rfind('.');
  if (dot == std::string_view::npos) return kUnknown;
  const std::string_view extension = file_name.substr(dot + 1);
  if (extension.empty() || extension.size() > kExtensionBytesMax) return kUnknown;
  std::array<char, kExtensionBytesMax> buffer;
  std::transform(extension.begin(), extension.end(), buffer.begin(), ascii_lower);
  const std::string_view wanted(buffer.data(), extension.size());
  const auto* found = std::lower_bound(
      std::begin(kTypes), std::end(kTypes), wanted,
      [](const Type& type, std::string_view name) { return type.extension < name; });
  return found != std::end(kTypes) && found->extension == wanted ? found->value : kUnknown;
}

}  // namespace fce
