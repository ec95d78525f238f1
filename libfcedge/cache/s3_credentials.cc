// SPDX-License-Identifier: Apache-2.0
#include "cache/s3_credentials.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/log.h"
#include "http/field_list.h"

namespace fce {
namespace {

constexpr size_t kSecretFileBytesMax = 4096;
constexpr size_t kSharedFileBytesMax = 256 * 1024;
constexpr size_t kKeyIdBytesMax = 128;
constexpr size_t kSecretBytesMax = 512;
constexpr size_t kTokenBytesMax = 8192;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// What may stand in a header field: neither a blank nor anything that ends a line.
bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

// The text without the one end of line that editors and `echo` leave behind it.
std::string_view without_newline(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

// What stands before a comment, which begins a line or follows a blank.
std::string_view without_comment(std::string_view line) {
  for (size_t i = 0; i < line.size(); ++i)
    if ((line[i] == '#' || line[i] == ';') && (i == 0 || is_blank(line[i - 1])))
      return line.substr(0, i);
  return line;
}

// "[name]", also as "[profile name]".
std::string_view section_of(std::string_view line) {
  line.remove_prefix(1);
  line.remove_suffix(1);
  line = trim_blanks(line);
  constexpr std::string_view kWord = "profile";
  if (line.starts_with(kWord) && line.size() > kWord.size() && is_blank(line[kWord.size()]))
    line = trim_blanks(line.substr(kWord.size()));
  return line;
}

void take_field(std::string_view name, std::string_view value, AwsCredentials* out) {
  if (equals_ignoring_case(name, "aws_access_key_id")) out->key_id = value;
  if (equals_ignoring_case(name, "aws_secret_access_key")) out->secret = value;
  if (equals_ignoring_case(name, "aws_session_token")) out->session_token = value;
}

Status bad_line(size_t number, const char* what) {
  return fail(Status::invalid, "line " + std::to_string(number) + " " + what);
}

class FixedCredentials final : public S3Credentials {
 public:
  explicit FixedCredentials(std::shared_ptr<const AwsCredentials> credentials)
      : credentials_(std::move(credentials)) {}
  std::shared_ptr<const AwsCredentials> current(uint64_t) override { return credentials_; }

 private:
  const std::shared_ptr<const AwsCredentials> credentials_;
};

// Both kinds of files: what is in force, and how it is read.
class CredentialFile : public WatchedFile, public S3Credentials {
 public:
  std::shared_ptr<const AwsCredentials> current(uint64_t now_ms) final {
    reload_if_changed(now_ms);
    const std::lock_guard lock(mutex_);
    return current_;
  }

 protected:
  CredentialFile(const char* what, std::string path, size_t bytes_max)
      : WatchedFile(what, std::move(path), bytes_max) {}

  Status put_in_force(AwsCredentials credentials) {
    const Status status = check_credentials(credentials);
    if (status != Status::ok) return status;
    log(LogLevel::info, "credentials of an S3 origin loaded key_id=%s",
        log_safe(credentials.key_id).c_str());
    const std::lock_guard lock(mutex_);
    current_ = std::make_shared<const AwsCredentials>(std::move(credentials));
    return Status::ok;
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<const AwsCredentials> current_;
};

class SecretFile final : public CredentialFile {
 public:
  SecretFile(std::string key_id, std::string path)
      : CredentialFile("secret of an S3 origin", std::move(path), kSecretFileBytesMax),
        key_id_(std::move(key_id)) {}

 private:
  Status take(std::string_view text) override {
    return put_in_force({key_id_, std::string(without_newline(text)), ""});
  }
  const std::string key_id_;
};

class SharedFile final : public CredentialFile {
 public:
  SharedFile(std::string path, std::string profile)
      : CredentialFile("credentials of an S3 origin", std::move(path), kSharedFileBytesMax),
        profile_(std::move(profile)) {}

 private:
  Status take(std::string_view text) override {
    AwsCredentials credentials;
    const Status status = parse_shared_credentials(text, profile_, &credentials);
    return status == Status::ok ? put_in_force(std::move(credentials)) : status;
  }
  const std::string profile_;
};

Status from_environment(std::unique_ptr<S3Credentials>* out) {
  AwsCredentials credentials{environment("AWS_ACCESS_KEY_ID"), environment("AWS_SECRET_ACCESS_KEY"),
                             environment("AWS_SESSION_TOKEN")};
  const Status status = check_credentials(credentials);
  if (status != Status::ok) return fail(status, std::string("in the environment, ") + last_error());
  *out = std::make_unique<FixedCredentials>(
      std::make_shared<const AwsCredentials>(std::move(credentials)));
  return Status::ok;
}

template <class File>
Status from_file(std::unique_ptr<File> file, std::unique_ptr<S3Credentials>* out) {
  const Status status = file->reload();
  if (status == Status::ok) *out = std::move(file);
  return status;
}

Status from_shared_file(const S3CredentialOptions& options, std::unique_ptr<S3Credentials>* out) {
  std::string path = options.shared_file;
  if (path.empty()) path = environment("AWS_SHARED_CREDENTIALS_FILE");
  if (path.empty()) {
    const std::string home = environment("HOME");
    if (home.empty())
      return fail(Status::invalid, "no file with credentials is named, and HOME is not set");
    path = home + "/.aws/credentials";
  }
  std::string profile = options.profile;
  if (profile.empty()) profile = environment("AWS_PROFILE");
  if (profile.empty()) profile = "default";
  return from_file(std::make_unique<SharedFile>(std::move(path), std::move(profile)), out);
}

}  // namespace

Status check_credentials(const AwsCredentials& credentials) {
  // The id stands between "=" and "/" of a list with commas.
  if (credentials.key_id.empty() || credentials.key_id.size() > kKeyIdBytesMax ||
      !is_visible(credentials.key_id) ||
      credentials.key_id.find_first_of("/,") != std::string::npos)
    return fail(Status::invalid, "the key id is absent, or no name of up to 128 characters");
  if (credentials.secret.empty() || credentials.secret.size() > kSecretBytesMax ||
      !is_visible(credentials.secret))
    return fail(Status::invalid,
                "the secret is absent, too long, or has a blank or control character");
  if (credentials.session_token.size() > kTokenBytesMax || !is_visible(credentials.session_token))
    return fail(Status::invalid, "the session token is too long, or has a blank");
  return Status::ok;
}

Status parse_shared_credentials(std::string_view text, std::string_view profile,
                                AwsCredentials* out) {
  bool found = false, within = false;
  for (size_t number = 1; !text.empty(); ++number) {
    const std::string_view whole = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(whole.size() + 1, text.size()));
    const std::string_view line = trim_blanks(without_comment(without_newline(whole)));
    if (line.empty()) continue;
    if (line.front() == '[') {
      if (line.size() < 3 || line.back() != ']') return bad_line(number, "is no [profile]");
      within = section_of(line) == profile;
      // A profile that comes twice: the later one holds, and takes nothing from the other.
      if (within) *out = {};
      found = found || within;
      continue;
    }
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos) return bad_line(number, "is not NAME = VALUE");
    if (within)
      take_field(trim_blanks(line.substr(0, equals)), trim_blanks(line.substr(equals + 1)), out);
  }
  if (!found)
    return fail(Status::not_found, "there is no profile \"" + std::string(profile) + "\"");
  return Status::ok;
}

Status S3Credentials::make(const S3CredentialOptions& options,
                           std::unique_ptr<S3Credentials>* out) {
  using From = S3CredentialOptions::From;
  switch (options.from) {
    case From::anonymous: *out = std::make_unique<FixedCredentials>(nullptr); return Status::ok;
    case From::configuration:
      if (options.key_id.empty() || options.secret_file.empty())
        return fail(Status::invalid, "a key id needs a file with its secret, and the other way");
      return from_file(std::make_unique<SecretFile>(options.key_id, options.secret_file), out);
    case From::environment: return from_environment(out);
    case From::shared_file: return from_shared_file(options, out);
    case From::automatic: break;
  }
  if (!environment("AWS_ACCESS_KEY_ID").empty()) return from_environment(out);
  return from_shared_file(options, out);
}

}  // namespace fce
