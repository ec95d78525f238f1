// SPDX-License-Identifier: Apache-2.0
#include "auth/session_secrets.h"

#include <utility>

#include "base/crypto.h"
#include "base/log.h"

namespace fce {

Status SessionSecrets::parse(std::string_view text, std::shared_ptr<const SessionSecrets>* out) {
  auto made = std::make_shared<SessionSecrets>();
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (line.size() < kSecretBytesMin || line.size() > kSecretBytesMax)
      return fail(Status::invalid, "a session secret is a line of 32 to 1024 bytes");
    if (made->secrets_.size() == kSecretsMax)
      return fail(Status::invalid, "there are more than 4 session secrets");
    made->secrets_.emplace_back(line);
  }
  if (made->secrets_.empty()) return fail(Status::invalid, "there is no session secret");
  *out = std::move(made);
  return Status::ok;
}

std::shared_ptr<const SessionSecrets> SessionSecrets::random() {
  auto made = std::make_shared<SessionSecrets>();
  std::string secret(kSecretBytesMin, '\0');
  random_bytes({reinterpret_cast<uint8_t*>(secret.data()), secret.size()});
  made->secrets_.push_back(std::move(secret));
  return made;
}

SessionSecretFile::SessionSecretFile(std::string path)
    : WatchedFile("session secrets", std::move(path), kFileBytesMax) {}

Status SessionSecretFile::open() {
  if (!path().empty()) return reload();
  const std::lock_guard lock(mutex_);
  current_ = SessionSecrets::random();
  return Status::ok;
}

std::shared_ptr<const SessionSecrets> SessionSecretFile::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

Status SessionSecretFile::take(std::string_view text) {
  std::shared_ptr<const SessionSecrets> made;
  const Status status = SessionSecrets::parse(text, &made);
  if (status != Status::ok) return status;
  log(LogLevel::info, "session secrets loaded count=%zu", made->all().size());
  const std::lock_guard lock(mutex_);
  current_ = std::move(made);
  return Status::ok;
}

}  // namespace fce
