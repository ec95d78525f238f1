// SPDX-License-Identifier: Apache-2.0
// Media types of files by their names.
#pragma once

#include <string_view>

namespace fce {

// The value of Content-Type for a file of that name, by the part after its last dot, without case;
// "application/octet-stream" for what is not known. Text types say charset=utf-8.
std::string_view mime_type(std::string_view file_name);

}  // namespace fce
