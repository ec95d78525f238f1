// SPDX-License-Identifier: Apache-2.0
//
// The log of the process: one line on stderr per event, the library's lines and the host's alike.
//   2025-01-31T12:00:00.123Z info node started name=fra1 shards=2
#ifndef FCEDGE_EXAMPLES_EDGE_LOG_H_
#define FCEDGE_EXAMPLES_EDGE_LOG_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace edge {

// Sends the library's log to the same place and drops what is below `level`, here and there.
void open_log(int32_t level);

// While the node starts, lines are held back: one that cannot start says one sentence and no more.
// Releasing writes what was held, dropping forgets it.
void hold_log();
void release_log();
void drop_log();

// Writes one line: a message and key=value pairs. Any thread.
void log_line(int32_t level, std::string_view line);

void log_info(std::string_view line);
void log_warn(std::string_view line);
void log_error(std::string_view line);

// A value for a key=value pair: quoted, with quotes and control characters escaped.
std::string quoted(std::string_view value);

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_LOG_H_
