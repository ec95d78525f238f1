// SPDX-License-Identifier: Apache-2.0
// Where an S3 origin's credentials come from. Files are read anew when they change, so keys rotate
// without a restart. No secret ever stands in an error or in the log.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "auth/watched_file.h"
#include "base/status.h"
#include "cache/sigv4.h"

namespace fce {

struct S3CredentialOptions {
  enum class From : uint8_t {
    automatic,      // the environment if it has a key id, else the shared file
    configuration,  // `key_id` and `secret_file`
    environment,    // AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
    shared_file,    // `shared_file`, by `profile`
    anonymous,      // a public bucket: requests are not signed
  };
  From from = From::automatic;
  std::string key_id;
  std::string secret_file;  // the secret alone, on one line
  std::string shared_file;  // "": AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials
  std::string profile;      // "": AWS_PROFILE, else "default"
};

// All functions may be called on any thread.
class S3Credentials {
 public:
  virtual ~S3Credentials() = default;
  // What is in force; null: sign nothing. `now_ms` is of a monotonic clock.
  virtual std::shared_ptr<const AwsCredentials> current(uint64_t now_ms) = 0;

  // Reads what the options name. Fails with a sentence when that gives no credentials.
  static Status make(const S3CredentialOptions& options, std::unique_ptr<S3Credentials>* out);
};

// Reads a file of the form that AWS's tools share: [profile] sections of NAME = VALUE lines.
Status parse_shared_credentials(std::string_view text, std::string_view profile,
                                AwsCredentials* out);

// FCE_EINVAL with a sentence that names the part when a request could not be signed with them.
Status check_credentials(const AwsCredentials& credentials);

}  // namespace fce
