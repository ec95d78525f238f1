// SPDX-License-Identifier: Apache-2.0
// What anonymous sessions are signed with: a secret in force, and former ones that are still
// accepted, so that the secret can change without anybody losing a session.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "auth/watched_file.h"
#include "base/status.h"

namespace fce {

class SessionSecrets {
 public:
  static constexpr size_t kSecretBytesMin = 32;
  static constexpr size_t kSecretBytesMax = 1024;
  static constexpr size_t kSecretsMax = 4;

  // One secret a line, taken as it stands: the first one signs, all verify.
  static Status parse(std::string_view text, std::shared_ptr<const SessionSecrets>* out);
  // One that only this process knows.
  static std::shared_ptr<const SessionSecrets> random();

  const std::string& current() const { return secrets_.front(); }
  const std::vector<std::string>& all() const { return secrets_; }

 private:
  std::vector<std::string> secrets_;
};

// The same from a file that is reloaded; without a path a random one for good.
class SessionSecretFile final : public WatchedFile {
 public:
  static constexpr size_t kFileBytesMax = 8192;

  explicit SessionSecretFile(std::string path);

  // Loads the file, or makes the random one.
  Status open();
  // Null until `open` went well. Any thread.
  std::shared_ptr<const SessionSecrets> current() const;

 private:
  Status take(std::string_view text) override;

  mutable std::mutex mutex_;
  std::shared_ptr<const SessionSecrets> current_;
};

}  // namespace fce
