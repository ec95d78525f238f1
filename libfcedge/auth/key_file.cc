// SPDX-License-Identifier: Apache-2.0
#include "auth/key_file.h"

#include <utility>

#include "base/log.h"

namespace fce {

KeyFile::KeyFile(std::string path)
    : WatchedFile("token keys", std::move(path), KeySet::kTextBytesMax) {}

std::shared_ptr<const KeySet> KeyFile::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

Status KeyFile::take(std::string_view text) {
  std::shared_ptr<const KeySet> set;
  const Status status = KeySet::parse(text, &set);
  if (status != Status::ok) return status;
  for (const std::string& sentence : set->skipped())
    log(LogLevel::warn, "token keys skipped=\"%s\"", log_safe(sentence).c_str());
  log(LogLevel::info, "token keys loaded count=%zu file=\"%s\"", set->keys().size(),
      log_safe(path()).c_str());
  const std::lock_guard lock(mutex_);
  current_ = std::move(set);
  return Status::ok;
}

}  // namespace fce
