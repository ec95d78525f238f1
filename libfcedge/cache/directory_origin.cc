// SPDX-License-Identifier: Apache-2.0
#include "cache/directory_origin.h"

#include <algorithm>
#include <utility>

#include "base/arena.h"
#include "base/time.h"
#include "cache/directory_fetch.h"
#include "cache/known_fetch.h"
#include "http/file_cache.h"
#include "http/percent.h"

namespace fce {
namespace {

// How soon a root that now leads to another directory, as a deployment does it, is followed.
constexpr uint64_t kFollowMs = 1000;

bool is_field_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f';
  });
}

// The path below the root. False for what names no file there.
bool file_of(std::string_view target, const std::string& index, std::string* file) {
  const std::string_view encoded = target.substr(0, target.find('?'));
  if (!encoded.starts_with('/')) return false;
  Arena arena;
  std::string_view path;
  if (!percent_decode_path(encoded.substr(1), arena, &path) || !is_servable_path(path))
    return false;
  file->assign(path);
  if (path.empty() || path.ends_with('/')) {
    if (index.empty()) return false;
    file->append(index);
  }
  return true;
}

}  // namespace

Status DirectoryOrigin::make(const DirectoryOriginOptions& options, Workers& workers,
                             std::shared_ptr<const Fetcher>* out) {
  if (options.root.empty()) return fail(Status::invalid, "a directory origin needs a root");
  if (!is_servable_path(options.index) || options.index.find('/') != std::string::npos)
    return fail(Status::invalid, "\"" + options.index + "\" is not the name of an index file");
  if (!is_field_value(options.cache_control))
    return fail(Status::invalid, "the value for Cache-Control has a control character");
  auto root = std::make_shared<FileRoot>();
  if (const Status status = root->open(options.root); status != Status::ok) return status;
  std::shared_ptr<DirectoryOrigin> origin(new DirectoryOrigin(options, workers));
  origin->root_ = std::move(root);
  origin->checked_ms_ = monotonic_us() / 1000;
  *out = std::move(origin);
  return Status::ok;
}

DirectoryOrigin::DirectoryOrigin(const DirectoryOriginOptions& options, Workers& workers)
    : options_(options), fields_{options.cache_control, false}, workers_(workers) {}

std::unique_ptr<Fetch> DirectoryOrigin::start(HttpContext& http, FetchRequest&& request,
                                              FetchSink& sink) const {
  if (request.method != "GET" && request.method != "HEAD")
    return std::make_unique<KnownFetch>(http, sink, FetchError::refused);
  std::string path;
  if (!file_of(request.target, options_.index, &path))
    return std::make_unique<KnownFetch>(http, sink, 404);
  return std::make_unique<DirectoryFetch>(shared_from_this(), http, request, std::move(path), sink);
}

// In a worker. One that is gone for a moment, while it is replaced, stays what it was.
std::shared_ptr<const FileRoot> DirectoryOrigin::root() const {
  const uint64_t now_ms = monotonic_us() / 1000;
  {
    const std::lock_guard lock(mutex_);
    if (now_ms < checked_ms_ + kFollowMs) return root_;
    checked_ms_ = now_ms;
  }
  auto root = std::make_shared<FileRoot>();
  const bool opened = root->open(options_.root) == Status::ok;
  const std::lock_guard lock(mutex_);
  if (opened) root_ = std::move(root);
  return root_;
}

}  // namespace fce
