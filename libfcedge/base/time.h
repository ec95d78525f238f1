// SPDX-License-Identifier: Apache-2.0
// Clocks. Timers use the monotonic clock only; the wall clock is for what people and peers read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fce {

uint64_t monotonic_us();
int64_t wall_seconds();
uint64_t wall_ms();
// What the wall clock showed at a time of the monotonic clock, within a second: always the same for
// the same time, unless the wall clock was set by more than a second since. A smaller step, as time
// daemons make, is not taken over, however long ago it was; several are once they come to more.
uint64_t wall_ms_at(uint64_t at_us);

// "Sun, 06 Nov 1994 08:49:37 GMT" (IMF-fixdate, RFC 9110 section 5.6.7): always 29 bytes.
constexpr int kHttpDateBytes = 29;
void format_http_date(int64_t seconds, char (&out)[kHttpDateBytes]);
std::string http_date(int64_t seconds);

// "1994-11-06T08:49:37.123Z" (RFC 3339), of milliseconds since 1970.
std::string iso_time(uint64_t wall_ms);

// Reads IMF-fixdate and the two obsolete forms. Returns false for anything else.
bool parse_http_date(std::string_view text, int64_t* seconds);

}  // namespace fce
