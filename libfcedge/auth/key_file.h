// SPDX-License-Identifier: Apache-2.0
// The key set in force, from a file that is reloaded: keys rotate by `kid` without a restart.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "auth/key_set.h"
#include "auth/watched_file.h"

namespace fce {

class KeyFile final : public WatchedFile {
 public:
  explicit KeyFile(std::string path);

  // Null until a first reload went well. Any thread.
  std::shared_ptr<const KeySet> current() const;

 private:
  Status take(std::string_view text) override;

  mutable std::mutex mutex_;
  std::shared_ptr<const KeySet> current_;
};

}  // namespace fce
