// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <set>
#include <string>
#include <thread>

namespace fce {

TEST_CASE("status: every code has a name and a sentence of its own") {
  std::set<std::string> names, texts;
  std::set<int32_t> values;
  int count = 0;
#define CHECK_ONE_(name, word, value, text)                      \
  CHECK(std::string(status_name(Status::word)) == "FCE_" #name); \
  CHECK(std::string(status_text(Status::word)) == text);         \
  CHECK(static_cast<int32_t>(Status::word) == FCE_##name);       \
  CHECK(FCE_##name < 0);                                         \
  names.insert(status_name(Status::word));                       \
  texts.insert(status_text(Status::word));                       \
  values.insert(FCE_##name);                                     \
  ++count;
  FCE_STATUS_MAP(CHECK_ONE_)
#undef CHECK_ONE_
  CHECK(names.size() == static_cast<size_t>(count));
  CHECK(texts.size() == static_cast<size_t>(count));
  CHECK(values.size() == static_cast<size_t>(count));
  CHECK(std::string(status_name(Status::ok)) == "FCE_OK");
  CHECK(std::string(status_text(Status::ok)) == "success");
  CHECK(std::string(status_name(static_cast<Status>(-999))) == "FCE_?");
  CHECK(std::string(status_text(static_cast<Status>(1))) == "an unknown status");
}

TEST_CASE("status: errno") {
  const struct {
    int error;
    Status status;
  } table[] = {
      {0, Status::ok},
      {EINVAL, Status::invalid},
      {ENOMEM, Status::no_memory},
      {ENOENT, Status::not_found},
      {ENOTDIR, Status::not_found},
      {EEXIST, Status::exists},
      {EACCES, Status::denied},
      {EPERM, Status::denied},
      {EROFS, Status::denied},
      {EADDRINUSE, Status::address_in_use},
      {EADDRNOTAVAIL, Status::address_unavailable},
      {EAFNOSUPPORT, Status::address_unavailable},
      {ETIMEDOUT, Status::timed_out},
      {EPIPE, Status::closed},
      {ECONNRESET, Status::closed},
      {EIO, Status::io},
      {ENOSPC, Status::io},
      {EMFILE, Status::io},
      {99'999, Status::io},
  };
  for (const auto& entry : table) {
    CAPTURE(entry.error);
    CHECK(status_from_errno(entry.error) == entry.status);
  }
}

TEST_CASE("status: each thread keeps its own sentence") {
  CHECK(fail(Status::io, "the disk is full") == Status::io);
  std::string elsewhere = "unset";
  std::thread([&elsewhere] {
    elsewhere = last_error();
    (void)fail(Status::denied, "not you");
  }).join();
  CHECK(elsewhere.empty());
  CHECK(std::string(last_error()) == "the disk is full");
}

}  // namespace fce
