// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace fce {
namespace {

constexpr char kDays[] = "SunMonTueWedThuFriSat";
constexpr const char* kLongDays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                     "Thursday", "Friday", "Saturday"};
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

// Takes a date apart from the left. Each step says whether it found what it wanted; nothing is
// skipped, since a field that is almost a date is none.
class Reader {
 public:
  explicit Reader(std::string_view text) : left_(text) {}

  bool literal(std::string_view word) {
    if (!left_.starts_with(word)) return false;
    left_.remove_prefix(word.size());
    return true;
  }
  bool number(size_t digits, int* out) {
    if (left_.size() < digits) return false;
    *out = 0;
    for (const char c : left_.substr(0, digits)) {
      if (c < '0' || c > '9') return false;
      *out = *out * 10 + (c - '0');
    }
    left_.remove_prefix(digits);
    return true;
  }
  bool month(int* out) {
    if (left_.size() < 3) return false;
    *out = month_number(left_.data());
    left_.remove_prefix(3);
    return *out >= 0;
  }
  bool short_day() {
    for (int day = 0; day < 7; ++day)
      if (literal({kDays + day * 3, 3})) return true;
    return false;
  }
  bool long_day() {
    for (const char* day : kLongDays)
      if (literal(day)) return true;
    return false;
  }
  bool time(tm* parts) {
    return number(2, &parts->tm_hour) && literal(":") && number(2, &parts->tm_min) &&
           literal(":") && number(2, &parts->tm_sec);
  }
  bool at_end() const { return left_.empty(); }

 private:
  std::string_view left_;
};

bool read_imf_fixdate(Reader reader, tm* parts) {
  return reader.short_day() && reader.literal(", ") && reader.number(2, &parts->tm_mday) &&
         reader.literal(" ") && reader.month(&parts->tm_mon) && reader.literal(" ") &&
         reader.number(4, &parts->tm_year) && reader.literal(" ") && reader.time(parts) &&
         reader.literal(" GMT") && reader.at_end();
}

// A year of two digits that seems more than 50 years ahead is one of the past (RFC 9110).
int whole_year(int two_digits) {
  const time_t now = static_cast<time_t>(wall_seconds());
  tm today{};
  gmtime_r(&now, &today);
  const int this_year = today.tm_year + 1900;
  const int year = this_year - this_year % 100 + two_digits;
  return year > this_year + 50 ? year - 100 : year;
}

bool read_rfc850(Reader reader, tm* parts) {
  if (!(reader.long_day() && reader.literal(", ") && reader.number(2, &parts->tm_mday) &&
        reader.literal("-") && reader.month(&parts->tm_mon) && reader.literal("-") &&
        reader.number(2, &parts->tm_year) && reader.literal(" ") && reader.time(parts) &&
        reader.literal(" GMT") && reader.at_end()))
    return false;
  parts->tm_year = whole_year(parts->tm_year);
  return true;
}

bool read_asctime(Reader reader, tm* parts) {
  return reader.short_day() && reader.literal(" ") && reader.month(&parts->tm_mon) &&
         reader.literal(" ") &&
         (reader.literal(" ") ? reader.number(1, &parts->tm_mday)
                              : reader.number(2, &parts->tm_mday)) &&
         reader.literal(" ") && reader.time(parts) && reader.literal(" ") &&
         reader.number(4, &parts->tm_year) && reader.at_end();
}

bool exists(const tm& parts) {
  static constexpr int kDaysOf[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const int year = parts.tm_year;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  const int days = kDaysOf[parts.tm_mon] + (leap && parts.tm_mon == 1 ? 1 : 0);
  return parts.tm_mday >= 1 && parts.tm_mday <= days && parts.tm_hour < 24 && parts.tm_min < 60 &&
         parts.tm_sec <= 60;
}

}  // namespace

uint64_t monotonic_us() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000 + static_cast<uint64_t>(now.tv_nsec) / 1000;
}

uint64_t wall_ms_at(uint64_t at_us) {
  // The two clocks run alike between the settings of the wall clock, but reading them takes time.
  constexpr int64_t kSetUs = 1'000'000;
  static std::atomic<int64_t> apart_us{0};
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  const int64_t seen_us = static_cast<int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000 -
                          static_cast<int64_t>(monotonic_us());
  int64_t known_us = apart_us.load(std::memory_order_relaxed);
  if (std::abs(seen_us - known_us) > kSetUs &&
      apart_us.compare_exchange_strong(known_us, seen_us, std::memory_order_relaxed))
    known_us = seen_us;
  return static_cast<uint64_t>(static_cast<int64_t>(at_us) + known_us) / 1000;
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

std::string iso_time(uint64_t wall_ms) {
  const auto time = static_cast<time_t>(wall_ms / 1000);
  tm parts{};
  gmtime_r(&time, &parts);
  char text[48];
  const size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  const std::string fraction = std::to_string(1000 + wall_ms % 1000);
  return std::string(text, size) + "." + fraction.substr(1) + "Z";
}

bool parse_http_date(std::string_view text, int64_t* seconds) {
  tm parts{};
  const Reader reader(text);
  if (!read_imf_fixdate(reader, &parts) && !read_rfc850(reader, &parts) &&
      !read_asctime(reader, &parts))
    return false;
  if (!exists(parts)) return false;
  parts.tm_year -= 1900;
  *seconds = timegm(&parts);
  return true;
}

}  // namespace fce
