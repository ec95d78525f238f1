// SPDX-License-Identifier: Apache-2.0
#include "config_records.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>

#include "config_route.h"

namespace edge {
namespace {

constexpr uint32_t kTtlMax = (1u << 31) - 1;

bool is_control(char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f; }

// Each record becomes one entry of a master file, and none may have a part in the next.

void check_name(const Section& section, const Place& place, const std::string& name) {
  if (name[0] == '$' || name.find_first_of(" \t\";()") != std::string::npos ||
      std::any_of(name.begin(), name.end(), is_control))
    section.fail(place, "expected a name without blanks, got \"" + name + "\"");
  const size_t last = name.find_last_not_of('\\');
  const size_t backslashes = name.size() - (last == std::string::npos ? 0 : last + 1);
  if (backslashes % 2 != 0) section.fail(place, "a backslash stands before nothing");
}

// It must not pass for a TTL or a class.
void check_type(const Section& section, const Place& place, const std::string& type) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_part = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
  if (!is_letter(type[0]) || !std::all_of(type.begin(), type.end(), is_part))
    section.fail(place, "expected a type as \"A\" or \"TYPE65\", got \"" + type + "\"");
}

void check_data(const Section& section, const Place& place, const std::string& data) {
  if (std::any_of(data.begin(), data.end(), is_control)) section.fail(place, "expected one line");
  size_t open = 0;
  bool quoted = false;
  for (size_t i = 0; i < data.size(); ++i) {
    const char c = data[i];
    if (c == '\\' && ++i == data.size()) section.fail(place, "a backslash stands before nothing");
    if (c == '"') quoted = !quoted;
    if (quoted || c == '\\') continue;
    if (c == ';') section.fail(place, "a \";\" begins a comment unless it stands in quotes");
    if (c == '(') ++open;
    if (c == ')' && open-- == 0) section.fail(place, "a parenthesis is closed that was not opened");
  }
  if (quoted) section.fail(place, "a quoted string has no end");
  if (open > 0) section.fail(place, "a parenthesis is not closed");
}

RecordSettings read_record(Section& section) {
  RecordSettings record;
  const Place name = section.text("name", &record.name);
  require(section, "name", record.name);
  check_name(section, name, record.name);
  const Place type = section.text("type", &record.type);
  require(section, "type", record.type);
  check_type(section, type, record.type);
  uint32_t ttl = UINT32_MAX;
  section.number("ttl", &ttl, 0, kTtlMax);
  if (ttl != UINT32_MAX) record.ttl = ttl;
  section.texts("data", &record.data);
  if (record.data.empty()) section.fail(section.place(), "needs the key data");
  for (const auto& [data, place] : record.data) check_data(section, place, data);
  section.finish();
  return record;
}

std::string read_file(const Config& config, const PathSetting& file) {
  // Opening a pipe would wait for who writes into it.
  std::error_code error;
  if (!std::filesystem::is_regular_file(file.path, error) && !error)
    config.fail(file.place, file.path + ": is not a regular file");
  errno = 0;
  std::ifstream stream(file.path, std::ios::binary);
  std::ostringstream content;
  if (stream) content << stream.rdbuf();
  if (!stream || content.fail())
    config.fail(file.place,
                file.path + ": cannot be read: " + std::strerror(errno != 0 ? errno : EIO));
  std::string text = content.str();
  // The library takes a text that ends at the first.
  if (const size_t nul = text.find('\0'); nul != std::string::npos)
    config.fail(file.place,
                file.path + ":" +
                    std::to_string(1 + std::count(text.begin(), text.begin() + nul, '\n')) +
                    ": there is a NUL byte");
  return text;
}

// With "K.private" also "K.key" is read.
bool is_about_key(std::string_view sentence, std::string_view path) {
  constexpr std::string_view kSecretEnd = ".private";
  if (sentence.starts_with(std::string(path) + ":")) return true;
  if (!path.ends_with(kSecretEnd)) return false;
  path.remove_suffix(kSecretEnd.size());
  return sentence.starts_with(std::string(path) + ".key:");
}

}  // namespace

void read_records(Section& zone, ZoneSettings* settings) {
  zone.number("ttl", &settings->ttl, 0, kTtlMax);
  for (Section& section : zone.tables("record")) settings->records.push_back(read_record(section));
}

ZoneText::ZoneText(const Config& config, const ZoneSettings& settings) : settings_(settings) {
  const PathSetting& file = settings.zone_file;
  called_ = file.path.empty() ? config.file + ": zone " + settings.name : file.path;
  if (settings.records.empty()) return;
  if (!file.path.empty()) {
    text_ = read_file(config, file);
    if (!text_.empty() && text_.back() != '\n') text_ += '\n';
    file_lines_ = static_cast<size_t>(std::count(text_.begin(), text_.end(), '\n'));
  }
  // The file may have changed both.
  text_ += "$ORIGIN " + settings.name + (settings.name.back() == '.' ? "\n" : ".\n");
  text_ += "$TTL " + std::to_string(settings.ttl) + "\n";
  places_.resize(2, settings.place);
  for (const RecordSettings& record : settings.records) add(record);
}

void ZoneText::add(const RecordSettings& record) {
  for (const auto& [data, place] : record.data) {
    text_ += record.name;
    if (record.ttl) text_ += " " + std::to_string(*record.ttl);
    text_ += " IN " + record.type + " " + data + "\n";
    places_.push_back(place);
  }
}

fce_dns_zone ZoneText::zone() const {
  fce_dns_zone zone;
  fce_dns_zone_init(&zone);
  zone.name = settings_.name.c_str();
  zone.file = called_.c_str();
  if (!settings_.dnssec_key.path.empty()) zone.dnssec_key = settings_.dnssec_key.path.c_str();
  if (!settings_.dnssec_other_key.path.empty())
    zone.dnssec_other_key = settings_.dnssec_other_key.path.c_str();
  if (!text_.empty()) zone.text = text_.c_str();
  return zone;
}

void ZoneText::fail(const Config& config, const std::string& sentence) const {
  if (sentence.starts_with(called_ + ":")) fail_text(config, sentence);
  for (const PathSetting& key : {settings_.dnssec_key, settings_.dnssec_other_key})
    if (!key.path.empty() && is_about_key(sentence, key.path)) config.fail(key.place, sentence);
  config.fail(settings_.place, sentence);
}

void ZoneText::fail_text(const Config& config, const std::string& sentence) const {
  std::string_view rest = std::string_view(sentence).substr(called_.size() + 1);
  size_t line = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), line);
  if (error == std::errc() && line > file_lines_ && line - file_lines_ <= places_.size()) {
    rest.remove_prefix(static_cast<size_t>(end - rest.data()));
    const size_t blanks = rest.find_first_not_of(": ");
    config.fail(places_[line - file_lines_ - 1],
                std::string(rest.substr(std::min(blanks, rest.size()))));
  }
  if (!settings_.zone_file.path.empty()) config.fail(settings_.zone_file.place, sentence);
  config.fail(settings_.place, std::string(rest.substr(std::min<size_t>(1, rest.size()))));
}

}  // namespace edge
