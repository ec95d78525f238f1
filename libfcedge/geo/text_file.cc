// SPDX-License-Identifier: Apache-2.0
#include "geo/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/fd.h"

namespace fce {

Status read_text_file(const std::string& path, size_t bytes_max, std::string* out) {
  const auto failed = [&](int error) {
    return fail(status_from_errno(error), path + ": cannot be read: " + std::strerror(error));
  };
  // A pipe in its place must not hold up who reads.
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info;
  if (fd.get() < 0 || fstat(fd.get(), &info) != 0) return failed(errno);
  if (!S_ISREG(info.st_mode)) return fail(Status::invalid, path + ": is no file");
  if (static_cast<uint64_t>(info.st_size) > bytes_max)
    return fail(Status::too_big,
                path + ": it has more than " + std::to_string(bytes_max) + " bytes");
  out->resize(static_cast<size_t>(info.st_size));
  size_t size = 0;
  while (size < out->size()) {
    const ssize_t got = read(fd.get(), out->data() + size, out->size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(errno);
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  out->resize(size);
  return Status::ok;
}

}  // namespace fce
