// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <cstdio>
#include <cstring>
#include <ctime>

namespace fce {
namespace {

constexpr char kDays[] = "SunMonTueWedThuFriSat";
constexpr char kMonths[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

void two_digits(char* to, int value) {
  to[0] = static_cast<char>('0' + value / 10);
  to[1] = static_cast<char>('0' + value % 10);
}

int month_number(const char* name) {
  for (int month = 0; month < 12; ++month)
    if (std::memcmp(kMonths + month * 3, name, 3) == 0) return month;
  return -1;
}

// Tells whether all of `text` was taken by a format that ends in %n.
bool consumed(std::string_view text, int used) { return used == static_cast<int>(text.size()); }

}  // namespace

uint64_t monotonic_us() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000 + static_cast<uint64_t>(now.tv_nsec) / 1000;
}

int64_t wall_seconds() { return static_cast<int64_t>(wall_ms() / 1000); }

uint64_t wall_ms() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000 + static_cast<uint64_t>(now.tv_nsec) / 1'000'000;
}

void format_http_date(int64_t seconds, char (&out)[kHttpDateBytes]) {
  const auto time = static_cast<time_t>(seconds);
  tm parts{};
  gmtime_r(&time, &parts);
  std::memcpy(out, "Day, 00 Mon 0000 00:00:00 GMT", kHttpDateBytes);
  std::memcpy(out, kDays + parts.tm_wday * 3, 3);
  two_digits(out + 5, parts.tm_mday);
  std::memcpy(out + 8, kMonths + parts.tm_mon * 3, 3);
  const int year = (parts.tm_year + 1900) % 10000;
  two_digits(out + 12, year / 100);
  two_digits(out + 14, year % 100);
  two_digits(out + 17, parts.tm_hour);
  two_digits(out + 20, parts.tm_min);
  two_digits(out + 23, parts.tm_sec);
}

std::string http_date(int64_t seconds) {
  char text[kHttpDateBytes];
  format_http_date(seconds, text);
  return {text, kHttpDateBytes};
}

bool parse_http_date(std::string_view text, int64_t* seconds) {
  char copy[64];
  if (text.size() < 24 || text.size() >= sizeof copy) return false;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  char day[10], month[4] = "";
  tm parts{};
  int used = 0;
  // IMF-fixdate, then RFC 850, then asctime.
  const bool imf = std::sscanf(copy, "%3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", day,
                               &parts.tm_mday, month, &parts.tm_year, &parts.tm_hour, &parts.tm_min,
                               &parts.tm_sec, &used) == 7 &&
                   consumed(text, used);
  if (!imf) {
    used = 0;
    const bool rfc850 = std::sscanf(copy, "%9[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d GMT%n", day,
                                    &parts.tm_mday, month, &parts.tm_year, &parts.tm_hour,
                                    &parts.tm_min, &parts.tm_sec, &used) == 7 &&
                        consumed(text, used);
    if (rfc850) parts.tm_year += parts.tm_year < 70 ? 2000 : 1900;
    used = rfc850 ? static_cast<int>(text.size()) : 0;
    if (!rfc850 && !(std::sscanf(copy, "%3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d%n", day, month,
                                 &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec,
                                 &parts.tm_year, &used) == 7 &&
                     consumed(text, used)))
      return false;
  }
  parts.tm_mon = month_number(month);
  parts.tm_year -= 1900;
  const bool sane = parts.tm_mon >= 0 && parts.tm_year >= 0 && parts.tm_mday >= 1 &&
                    parts.tm_mday <= 31 && parts.tm_hour >= 0 && parts.tm_hour < 24 &&
                    parts.tm_min >= 0 && parts.tm_min < 60 && parts.tm_sec >= 0 &&
                    parts.tm_sec <= 60;
  if (!sane) return false;
  *seconds = timegm(&parts);
  return true;
}

}  // namespace fce
