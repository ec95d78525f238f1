// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace edge {

// What is wrong with an address to listen on, or "" when nothing is. The library says the same when
// it binds; `--check` binds nothing, and a wrong address should be told before any state is made.
std::string listen_address_fault(const std::string& address);

// The same of networks such as 10.0.0.0/8, with blanks between them.
std::string networks_fault(const std::string& networks);

}  // namespace edge
