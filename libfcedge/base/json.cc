// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace fce {

// Takes the parser's events. A handler that returns false ends the parse: nothing is thrown, and
// the parser itself does not recurse, so the depth is ours to bound.
class Json::Builder {
 public:
  Builder(const JsonLimits& limits, Json* root) : limits_(limits), root_(root) {}

  bool null() { return place() != nullptr; }
  bool boolean(bool value) {
    Json* json = place(Kind::boolean);
    if (json) json->boolean_ = value;
    return json;
  }
  bool number_integer(int64_t value) {
    Json* json = place(Kind::integer);
    if (json) json->integer_ = value;
    return json;
  }
  bool number_unsigned(uint64_t value) {
    if (value <= INT64_MAX) return number_integer(static_cast<int64_t>(value));
    return number_float(static_cast<double>(value), {});
  }
  bool number_float(double value, const std::string& /*as written*/) {
    Json* json = place(Kind::real);
    if (json) json->real_ = value;
    return json;
  }
  bool string(std::string& value) {
    Json* json = place(Kind::string);
    if (json) json->text_ = std::move(value);
    return json;
  }
  bool binary(nlohmann::json::binary_t& /*value*/) { return false; }

  bool start_object(size_t /*size*/) { return enter(Kind::object); }
  bool start_array(size_t /*size*/) { return enter(Kind::array); }
  bool key(std::string& name) {
    key_ = std::move(name);
    return true;
  }
  bool end_array() {
    path_.pop_back();
    return true;
  }
  bool end_object() {
    const bool unique = names_are_unique(*path_.back());
    path_.pop_back();
    if (!unique) status_ = fail(Status::invalid, "JSON: an object has the same name twice");
    return unique;
  }

  bool parse_error(size_t position, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) {
    status_ = fail(Status::invalid, "not valid JSON at byte " + std::to_string(position));
    return false;
  }

  Status status() const { return status_; }

 private:
  // Where the next value belongs; null beyond the limit.
  Json* place(Kind kind = Kind::null) {
    if (++values_ > limits_.values_max) {
      status_ = fail(Status::too_big,
                     "JSON: more than " + std::to_string(limits_.values_max) + " values");
      return nullptr;
    }
    Json* json = root_;
    if (!path_.empty()) {
      Json& parent = *path_.back();
      json = &parent.items_.emplace_back();
      if (parent.kind_ == Kind::object) json->key_ = std::move(key_);
    }
    json->kind_ = kind;
    return json;
  }

  bool enter(Kind kind) {
    if (path_.size() >= limits_.depth_max) {
      status_ = fail(Status::too_big,
                     "JSON: deeper than " + std::to_string(limits_.depth_max) + " levels");
      return false;
    }
    Json* json = place(kind);
    // An open value only grows while all inside it are closed, so these pointers stay good.
    if (json) path_.push_back(json);
    return json;
  }

  // By sorting: comparing each with each would let a client buy much of our time with few bytes.
  bool names_are_unique(const Json& object) {
    names_.clear();
    for (const Json& member : object.items_) names_.push_back(member.key_);
    std::sort(names_.begin(), names_.end());
    return std::adjacent_find(names_.begin(), names_.end()) == names_.end();
  }

  const JsonLimits limits_;
  Json* const root_;
  uint32_t values_ = 0;
  Status status_ = Status::ok;
  std::string key_;
  std::vector<Json*> path_;
  std::vector<std::string_view> names_;
};

Status Json::parse(std::string_view text, const JsonLimits& limits, Json* out) {
  *out = Json();
  // The parser takes a NUL for the end of the text and would not see what follows it.
  const size_t nul = text.find('\0');
  if (nul != std::string_view::npos)
    return fail(Status::invalid, "not valid JSON at byte " + std::to_string(nul + 1));
  Json root;
  Builder builder(limits, &root);
  const bool parsed = nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  if (builder.status() != Status::ok) return builder.status();
  if (!parsed) return fail(Status::invalid, "not valid JSON");
  *out = std::move(root);
  return Status::ok;
}

bool Json::read(bool* out) const {
  if (kind_ != Kind::boolean) return false;
  *out = boolean_;
  return true;
}

bool Json::read(int64_t* out) const {
  if (kind_ != Kind::integer) return false;
  *out = integer_;
  return true;
}

bool Json::read(double* out) const {
  if (kind_ == Kind::integer) {
    *out = static_cast<double>(integer_);
    return true;
  }
  if (kind_ != Kind::real) return false;
  *out = real_;
  return true;
}

bool Json::read(std::string_view* out) const {
  if (kind_ != Kind::string) return false;
  *out = text_;
  return true;
}

const Json* Json::find(std::string_view key) const {
  if (kind_ != Kind::object) return nullptr;
  for (const Json& member : items_)
    if (member.key_ == key) return &member;
  return nullptr;
}

}  // namespace fce
