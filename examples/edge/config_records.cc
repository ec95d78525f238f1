// SPDX-License-Identifier: Apache-2.0
#include "config_records.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string_view>

#include "config_route.h"

namespace edge {
namespace {

constexpr uint32_t kTtlMax = (1u << 31) - 1;

// What stands in one line of a master file must not end it, nor be a directive.
void check_word(const Section& section, const Place& place, const std::string& word) {
  if (word[0] == '$' || word.find_first_of(" \t\r\n\";()") != std::string::npos)
    section.fail(place, "expected a word without blanks, got \"" + word + "\"");
}

RecordSettings read_record(Section& section) {
  RecordSettings record;
  const Place name = section.text("name", &record.name);
  require(section, "name", record.name);
  check_word(section, name, record.name);
  const Place type = section.text("type", &record.type);
  require(section, "type", record.type);
  check_word(section, type, record.type);
  uint32_t ttl = UINT32_MAX;
  section.number("ttl", &ttl, 0, kTtlMax);
  if (ttl != UINT32_MAX) record.ttl = ttl;
  section.texts("data", &record.data);
  if (record.data.empty()) section.fail(section.place(), "needs the key data");
  for (const auto& [data, place] : record.data)
    if (data.find_first_of("\r\n") != std::string::npos) section.fail(place, "expected one line");
  section.finish();
  return record;
}

std::string read_file(const Config& config, const PathSetting& file) {
  errno = 0;
  std::ifstream stream(file.path, std::ios::binary);
  std::ostringstream content;
  if (stream) content << stream.rdbuf();
  if (!stream || content.fail())
    config.fail(file.place,
                file.path + ": cannot be read: " + std::strerror(errno != 0 ? errno : EIO));
  return content.str();
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
  const bool in_file = !settings_.zone_file.path.empty();
  if (error == std::errc() && line > file_lines_ && line - file_lines_ <= places_.size()) {
    rest.remove_prefix(static_cast<size_t>(end - rest.data()));
    const size_t blanks = rest.find_first_not_of(": ");
    config.fail(places_[line - file_lines_ - 1],
                std::string(rest.substr(std::min(blanks, rest.size()))));
  }
  if (in_file) config.fail(settings_.zone_file.place, sentence);
  config.fail(settings_.place, std::string(rest.substr(std::min<size_t>(1, rest.size()))));
}

}  // namespace edge
