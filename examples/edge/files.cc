// SPDX-License-Identifier: Apache-2.0
#include "files.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "log.h"

namespace edge {
namespace {

constexpr uint64_t kDefaultConnectionsMax = 100'000;

// Files that are not connections: listeners and loop descriptors of each shard, files being served,
// the comment database, stderr and the like.
constexpr uint64_t kFilesPerShard = 16;
constexpr uint64_t kFilesReserved = 256;

constexpr size_t kSecretBytesMin = 16;

[[noreturn]] void fail_errno(const Config& config, const PathSetting& file, const char* what,
                             int error) {
  config.fail(file.place, file.path + ": " + what + ": " + std::strerror(error));
}

void check_readable_file(const Config& config, const PathSetting& file) {
  struct stat info {};
  if (stat(file.path.c_str(), &info) != 0) fail_errno(config, file, "cannot be read", errno);
  if (!S_ISREG(info.st_mode)) config.fail(file.place, file.path + ": is not a regular file");
  if (access(file.path.c_str(), R_OK) != 0) fail_errno(config, file, "cannot be read", errno);
}

void check_readable_directory(const Config& config, const PathSetting& directory) {
  struct stat info {};
  const char* path = directory.path.c_str();
  if (stat(path, &info) != 0) fail_errno(config, directory, "cannot be read", errno);
  if (!S_ISDIR(info.st_mode)) config.fail(directory.place, directory.path + ": is no directory");
  if (access(path, R_OK | X_OK) != 0) fail_errno(config, directory, "cannot be read", errno);
}

// A directory that is not there yet can be made if its nearest parent that exists is writable.
void check_writable_directory(const Config& config, const PathSetting& directory) {
  std::filesystem::path path(directory.path);
  struct stat info {};
  while (stat(path.c_str(), &info) != 0) {
    if (errno != ENOENT || !path.has_relative_path()) {
      fail_errno(config, directory, "cannot be written", errno);
    }
    path = path.parent_path();
  }
  if (!S_ISDIR(info.st_mode)) {
    config.fail(directory.place, directory.path + ": " + path.string() + " is no directory");
  }
  if (access(path.c_str(), W_OK | X_OK) != 0) {
    fail_errno(config, directory, "cannot be written", errno);
  }
}

PathSetting parent_of(const PathSetting& file) {
  return {std::filesystem::path(file.path).parent_path().string(), file.place};
}

void check_database(const Config& config, const PathSetting& database) {
  check_writable_directory(config, parent_of(database));
  struct stat info {};
  if (stat(database.path.c_str(), &info) != 0) return;
  check_readable_file(config, database);
  if (access(database.path.c_str(), W_OK) != 0) {
    fail_errno(config, database, "cannot be written", errno);
  }
}

void warn_if_open(const Config& config, const PathSetting& file) {
  struct stat info {};
  if (stat(file.path.c_str(), &info) == 0 && (info.st_mode & S_IRWXO) != 0) {
    log_warn(file.place.sentence(config.file, file.path + " is open to all users; chmod 600 it"));
  }
}

// Others who can read the secret can publish, or purge.
void check_secret(const Config& config, const PathSetting& file) {
  read_secret(config, file);
  warn_if_open(config, file);
}

void check_given_file(const Config& config, const PathSetting& file, bool secret) {
  if (file.path.empty()) return;
  check_readable_file(config, file);
  if (secret) warn_if_open(config, file);
}

void check_cache(const Config& config) {
  const CacheSettings& cache = config.cache;
  if (!cache.given()) return;
  check_writable_directory(config, cache.directory);
  check_given_file(config, cache.key_file, true);
  if (cache.key_file.path.empty()) return;
  const auto size = std::filesystem::file_size(cache.key_file.path);
  if (size != 16 && size != 32) {
    config.fail(cache.key_file.place, cache.key_file.path + ": expected a key of 16 or 32 bytes, " +
                                          "got " + std::to_string(size));
  }
}

void check_origin(const Config& config, const OriginSettings& origin) {
  if (!origin.root.path.empty()) check_readable_directory(config, origin.root);
  check_given_file(config, origin.tls_ca_file, false);
  check_given_file(config, origin.secret_file, true);
  check_given_file(config, origin.shared_file, true);
}

}  // namespace

void check_files(const Config& config) {
  for (const CertificateSettings& certificate : config.certificates) {
    check_readable_file(config, certificate.chain);
    check_readable_file(config, certificate.key);
  }
  for (const DirectorySettings& directory : config.directories) {
    check_readable_directory(config, directory.root);
  }
  for (const PublishSettings& publish : config.publishes) {
    check_secret(config, publish.secret_file);
  }
  check_cache(config);
  for (const OriginSettings& origin : config.origins) check_origin(config, origin);
  for (const PurgeSettings& purge : config.purges) check_secret(config, purge.secret_file);
  for (const ZoneSettings& zone : config.zones)
    for (const PathSetting& key : {zone.dnssec_key, zone.dnssec_other_key})
      check_given_file(config, key, true);
  if (!config.node.state_dir.path.empty()) check_writable_directory(config, config.node.state_dir);
  for (const CommentsSettings& comments : config.comments) {
    check_database(config, comments.database);
  }
}

std::string read_secret(const Config& config, const PathSetting& file) {
  check_readable_file(config, file);
  std::ifstream stream(file.path, std::ios::binary);
  std::ostringstream content;
  content << stream.rdbuf();
  std::string secret = content.str();
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  // A header field carries the secret, so only visible ASCII can ever match.
  const auto visible = [](char c) { return c > 0x20 && c < 0x7f; };
  if (secret.size() < kSecretBytesMin || !std::all_of(secret.begin(), secret.end(), visible)) {
    config.fail(file.place, file.path + ": expected a secret of at least " +
                                std::to_string(kSecretBytesMin) +
                                " visible ASCII characters on one line");
  }
  return secret;
}

void make_private_directory(const Config& config, const PathSetting& directory) {
  const std::filesystem::path path(directory.path);
  std::filesystem::path part;
  for (const auto& step : path) {
    part /= step;
    if (mkdir(part.c_str(), 0700) != 0 && errno != EEXIST && errno != EISDIR) {
      // A parent that exists may refuse with EROFS or EACCES although nothing has to be made.
      const int error = errno;
      if (!std::filesystem::is_directory(part)) {
        fail_errno(config, directory, "cannot be made", error);
      }
    }
  }
}

void fit_open_files(Config* config) {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  if (files.rlim_cur < files.rlim_max) {
    const rlimit raised{files.rlim_max, files.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) files = raised;
  }
  if (files.rlim_cur == RLIM_INFINITY) return;

  const uint64_t shards =
      config->node.shards != 0 ? config->node.shards : std::thread::hardware_concurrency();
  const uint64_t reserved = kFilesReserved + shards * kFilesPerShard;
  const uint64_t fits = files.rlim_cur > reserved ? files.rlim_cur - reserved : 0;
  const bool given = config->connections_max_place.line != 0;
  const uint64_t wanted = given ? config->limits.connections_max : kDefaultConnectionsMax;
  if (wanted <= fits) return;

  const std::string limit = std::to_string(files.rlim_cur);
  if (given) {
    config->fail(config->connections_max_place,
                 std::to_string(wanted) + " connections need an open-file limit of " +
                     std::to_string(wanted + reserved) + ", but it is " + limit);
  }
  if (fits == 0) {
    config->fail({}, "the open-file limit of " + limit + " leaves no file for a connection");
  }
  config->limits.connections_max = static_cast<uint32_t>(fits);
  log_warn("open-file limit lowers limits.connections_max connections_max=" + std::to_string(fits) +
           " open_files=" + limit);
}

}  // namespace edge
