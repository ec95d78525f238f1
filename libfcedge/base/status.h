// SPDX-License-Identifier: Apache-2.0
// Status: the library's only kind of error. It is the C ABI's list, so nothing is translated twice.
#pragma once

#include <fcedge/fcedge.h>

#include <string>

namespace fce {

enum class [[nodiscard]] Status : int32_t{ok = FCE_OK,
#define FCE_STATUS_CASE_(name, word, value, text) word = value,
                                          FCE_STATUS_MAP(FCE_STATUS_CASE_)
#undef FCE_STATUS_CASE_
};

const char* status_name(Status status);
const char* status_text(Status status);

// Translates an errno value of a system call.
Status status_from_errno(int error);

// Keeps the sentence that `fce_last_error` of this thread returns, and hands `status` through, so
// that a failing function ends in `return fail(Status::io, ...)`.
Status fail(Status status, std::string sentence);
const char* last_error();

}  // namespace fce
