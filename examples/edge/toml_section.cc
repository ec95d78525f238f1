// SPDX-License-Identifier: Apache-2.0
#include "toml_section.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

namespace edge {
namespace {

constexpr size_t kShownBytesMax = 40;

uint32_t line_of(const toml::node& node) { return node.source().begin.line; }

std::string join(const std::string& section, std::string_view key) {
  return section.empty() ? std::string(key) : section + "." + std::string(key);
}

// What the file says, short enough for a sentence.
std::string shown(const toml::node& node) {
  if (const auto* text = node.as_string()) {
    const std::string& value = text->get();
    const bool cut = value.size() > kShownBytesMax;
    return "\"" + value.substr(0, kShownBytesMax) + (cut ? "...\"" : "\"");
  }
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (node.is_table()) return "a table";
  if (node.is_array()) return "an array";
  return node.is_floating_point() ? "a number with a fraction" : "a date or time";
}

std::string read_whole(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (file) content << file.rdbuf();
  // A directory opens and only fails when it is read.
  if (!file || (content.tellp() <= 0 && file.bad()) || std::filesystem::is_directory(path)) {
    const int error = std::filesystem::is_directory(path) ? EISDIR : errno;
    throw ConfigError(path + ": cannot be read: " + std::strerror(error != 0 ? error : EIO));
  }
  return content.str();
}

}  // namespace

Document::Document(std::string path) : path_(std::move(path)) {
  const std::string content = read_whole(path_);
  try {
    root_ = toml::parse(content, path_);
  } catch (const toml::parse_error& error) {
    fail({error.source().begin.line, ""}, std::string(error.description()));
  }
}

std::string Document::resolve(const std::string& path) const {
  const std::filesystem::path given(path);
  if (path.empty() || given.is_absolute()) return path;
  const auto base = std::filesystem::absolute(path_).parent_path();
  return (base / given).lexically_normal().string();
}

void Document::fail(const Place& place, const std::string& message) const {
  throw ConfigError(place.sentence(path_, message));
}

Section::Section(const Document& document, const toml::table* common, const toml::table* overlay,
                 std::string name, std::string overlay_name)
    : document_(document),
      common_(common),
      overlay_(overlay),
      name_(std::move(name)),
      overlay_name_(std::move(overlay_name)) {}

Section::Found Section::find(const char* key) {
  known_.insert(key);
  if (overlay_ != nullptr) {
    if (const toml::node* node = overlay_->get(key)) {
      return {node, {line_of(*node), join(overlay_name_, key)}};
    }
  }
  if (common_ != nullptr) {
    if (const toml::node* node = common_->get(key)) {
      return {node, {line_of(*node), join(name_, key)}};
    }
  }
  return {};
}

Place Section::text_or_empty(const char* key, std::optional<std::string>* out) {
  const Found found = find(key);
  if (found.node == nullptr) return place();
  const auto* value = found.node->as_string();
  if (value == nullptr) fail(found.place, "expected a string, got " + shown(*found.node));
  // The C ABI takes NUL-terminated strings, so a NUL inside would silently cut the value.
  if (value->get().find('\0') != std::string::npos) fail(found.place, "must not contain NUL");
  *out = value->get();
  return found.place;
}

Place Section::text(const char* key, std::string* out) {
  std::optional<std::string> given;
  Place where = text_or_empty(key, &given);
  if (!given) return where;
  if (given->empty()) fail(where, "expected a string that is not empty");
  *out = *given;
  return where;
}

Place Section::list(const char* key, std::vector<std::string>* out) {
  const Found found = find(key);
  if (found.node == nullptr) return place();
  const auto* array = found.node->as_array();
  if (array == nullptr || array->empty()) {
    fail(found.place, "expected an array of strings that is not empty, got " + shown(*found.node));
  }
  out->clear();
  for (const toml::node& entry : *array) {
    const auto* word = entry.as_string();
    if (word == nullptr || word->get().empty() ||
        word->get().find_first_of(std::string(" \t\n\0", 4)) != std::string::npos) {
      fail(found.place, "expected strings without blanks, got " + shown(entry));
    }
    out->push_back(word->get());
  }
  return found.place;
}

Place Section::words(const char* key, std::string* out) {
  std::vector<std::string> words;
  Place where = list(key, &words);
  if (!words.empty()) out->clear();
  for (const std::string& word : words) *out += (out->empty() ? "" : " ") + word;
  return where;
}

void Section::texts(const char* key, std::vector<std::pair<std::string, Place>>* out) {
  const Found found = find(key);
  if (found.node == nullptr) return;
  const auto take = [&](const toml::node& node) {
    const auto* value = node.as_string();
    const Place place{line_of(node), found.place.key};
    if (value == nullptr || value->get().empty())
      fail(place, "expected a string that is not empty, or an array of such, got " + shown(node));
    if (value->get().find('\0') != std::string::npos) fail(place, "must not contain NUL");
    out->emplace_back(value->get(), place);
  };
  const auto* array = found.node->as_array();
  if (array == nullptr) return take(*found.node);
  if (array->empty()) fail(found.place, "expected at least one string, got none");
  for (const toml::node& entry : *array) take(entry);
}

Place Section::numbers(const char* key, std::vector<uint16_t>* out, uint16_t min, uint16_t max) {
  const Found found = find(key);
  if (found.node == nullptr) return place();
  const auto* array = found.node->as_array();
  const std::string wanted =
      "expected integers in " + std::to_string(min) + ".." + std::to_string(max) + ", got ";
  if (array == nullptr) fail(found.place, wanted + shown(*found.node));
  out->clear();
  for (const toml::node& entry : *array) {
    const auto* value = entry.as_integer();
    if (value == nullptr || value->get() < min || value->get() > max)
      fail(found.place, wanted + shown(entry));
    out->push_back(static_cast<uint16_t>(value->get()));
  }
  if (out->empty()) fail(found.place, wanted + "none");
  return found.place;
}

Place Section::pairs(const char* key, std::vector<std::pair<std::string, std::string>>* out) {
  const Found found = find(key);
  if (found.node == nullptr) return place();
  const auto* table = found.node->as_table();
  if (table == nullptr) fail(found.place, "expected a table, got " + shown(*found.node));
  for (const auto& [name, node] : *table) {
    Section values(document_, table, nullptr, found.place.key, "");
    const std::string text(name.str());
    std::optional<std::string> value;
    values.text_or_empty(text.c_str(), &value);
    out->emplace_back(text, *value);
  }
  return found.place;
}

Place Section::path(const char* key, std::string* out) {
  std::string given;
  Place where = text(key, &given);
  if (!given.empty()) *out = document_.resolve(given);
  return where;
}

Place Section::paths(const char* key, std::vector<std::string>* out) {
  Place where = list(key, out);
  for (std::string& path : *out) path = document_.resolve(path);
  return where;
}

Place Section::flag(const char* key, bool* out) {
  const Found found = find(key);
  if (found.node == nullptr) return place();
  const auto* value = found.node->as_boolean();
  if (value == nullptr) fail(found.place, "expected true or false, got " + shown(*found.node));
  *out = value->get();
  return found.place;
}

Place Section::number(const char* key, uint32_t* out, uint32_t min, uint32_t max) {
  const Found found = find(key);
  if (found.node == nullptr) return place();
  const auto* value = found.node->as_integer();
  if (value == nullptr || value->get() < min || value->get() > max) {
    fail(found.place, "expected an integer in " + std::to_string(min) + ".." + std::to_string(max) +
                          ", got " + shown(*found.node));
  }
  *out = static_cast<uint32_t>(value->get());
  return found.place;
}

Place Section::decimal(const char* key, double* out, double min, double max) {
  const Found found = find(key);
  if (found.node == nullptr) return place();
  const std::optional<double> value = found.node->value<double>();
  if (!value || !(*value >= min && *value <= max)) {
    fail(found.place, "expected a number from " + std::to_string(static_cast<int>(min)) + " to " +
                          std::to_string(static_cast<int>(max)) + ", got " + shown(*found.node));
  }
  *out = *value;
  return found.place;
}

Place Section::choice(const char* key, size_t* out, const std::vector<std::string>& words) {
  const Found found = find(key);
  if (found.node == nullptr) return place();
  const auto* value = found.node->as_string();
  std::string list;
  for (size_t i = 0; i < words.size(); ++i) {
    if (value != nullptr && value->get() == words[i]) {
      *out = i;
      return found.place;
    }
    list += (i == 0 ? "\"" : ", \"") + words[i] + "\"";
  }
  fail(found.place, "expected one of " + list + ", got " + shown(*found.node));
}

Section Section::table(const char* key) {
  known_.insert(key);
  const auto pick = [&](const toml::table* parent, const std::string& name) {
    const toml::node* node = parent != nullptr ? parent->get(key) : nullptr;
    if (node != nullptr && !node->is_table()) {
      fail({line_of(*node), join(name, key)}, "expected a table, got " + shown(*node));
    }
    return node != nullptr ? node->as_table() : nullptr;
  };
  return Section(document_, pick(common_, name_), pick(overlay_, overlay_name_), join(name_, key),
                 join(overlay_name_, key));
}

std::vector<Section> Section::tables(const char* key) {
  std::vector<Section> sections;
  const Found found = find(key);
  if (found.node == nullptr) return sections;
  const auto* array = found.node->as_array();
  const std::string wanted = "expected an array of tables, [[" + found.place.key + "]], got ";
  if (array == nullptr) fail(found.place, wanted + shown(*found.node));
  for (size_t i = 0; i < array->size(); ++i) {
    const std::string name = found.place.key + "[" + std::to_string(i) + "]";
    const toml::node& entry = *array->get(i);
    if (!entry.is_table()) fail({line_of(entry), name}, wanted + shown(entry));
    sections.push_back(Section(document_, entry.as_table(), nullptr, name, ""));
  }
  return sections;
}

void Section::finish_table(const toml::table* table, const std::string& name) const {
  if (table == nullptr) return;
  for (const auto& [key, node] : *table) {
    if (known_.find(key.str()) != known_.end()) continue;
    // A table made by its header only has no line of its own in some cases; its key always has.
    fail({key.source().begin.line, join(name, key.str())}, "unknown key");
  }
}

void Section::finish() const {
  finish_table(common_, name_);
  finish_table(overlay_, overlay_name_);
}

Place Section::place() const {
  if (overlay_ != nullptr) return {line_of(*overlay_), overlay_name_};
  if (common_ != nullptr) return {line_of(*common_), name_};
  return {0, name_};
}

void Section::fail(const Place& place, const std::string& message) const {
  document_.fail(place, message);
}

}  // namespace edge
