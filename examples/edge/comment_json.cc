// SPDX-License-Identifier: Apache-2.0
#include "comment_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace edge {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kThreadBytesMax = 128;
constexpr size_t kAuthorMax = 64;
constexpr size_t kTextMax = 4000;
constexpr size_t kClientIdMin = 8;
constexpr size_t kClientIdMax = 64;

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

// Characters of valid UTF-8: every byte that does not continue another.
size_t count_characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

// The JSON library's strict writer is the UTF-8 check for what did not come in as JSON.
bool is_utf8(std::string_view text) {
  try {
    [[maybe_unused]] const std::string written = Json(text).dump();
    return true;
  } catch (const Json::type_error&) {
    return false;
  }
}

bool is_client_id(const std::string& id) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return id.size() >= kClientIdMin && id.size() <= kClientIdMax &&
         std::all_of(id.begin(), id.end(), allowed);
}

// Blanks at both ends are no part of what somebody said.
std::string trimmed(const std::string& text) {
  constexpr const char* kBlank = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool take_text(const Json& body, const char* key, size_t max, bool lines, std::string* out,
               std::string* error) {
  const auto found = body.find(key);
  if (found != body.end() && found->is_string()) {
    *out = trimmed(found->get<std::string>());
    const auto bad = [lines](char c) {
      return is_control(c) && !(lines && (c == '\n' || c == '\t'));
    };
    const bool clean = std::none_of(out->begin(), out->end(), bad);
    if (clean && !out->empty() && count_characters(*out) <= max) return true;
  }
  *error = std::string(key) + ": expected 1 to " + std::to_string(max) + " characters";
  return false;
}

Json to_json(const Comment& comment) {
  return {{"id", comment.id},
          {"author", comment.author},
          {"text", comment.text},
          {"created_ms", comment.created_ms},
          {"client_id", comment.client_id}};
}

// Written strictly: all text was checked when it came in, and the database belongs to this program.
std::string write(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

bool is_thread_name(std::string_view name) {
  return !name.empty() && name.size() <= kThreadBytesMax &&
         std::none_of(name.begin(), name.end(), is_control) && is_utf8(name);
}

bool parse_comment(std::string_view body, Comment* comment, std::string* error) {
  const Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    *error = "expected a JSON object";
    return false;
  }
  if (!take_text(json, "author", kAuthorMax, false, &comment->author, error)) return false;
  if (!take_text(json, "text", kTextMax, true, &comment->text, error)) return false;
  const auto id = json.find("client_id");
  if (id == json.end() || !id->is_string() || !is_client_id(id->get<std::string>())) {
    *error = "client_id: expected 8 to 64 of A-Z, a-z, 0-9, - and _";
    return false;
  }
  comment->client_id = id->get<std::string>();
  return true;
}

std::string comment_json(const Comment& comment) { return write(to_json(comment)); }

std::string list_json(const std::vector<Comment>& comments, bool older,
                      const std::string& position) {
  Json list = Json::array();
  for (const Comment& comment : comments) list.push_back(to_json(comment));
  Json body = {{"comments", std::move(list)}, {"older", older}, {"position", nullptr}};
  if (!position.empty()) body["position"] = position;
  return write(body);
}

std::string error_json(const std::string& sentence) { return write({{"error", sentence}}); }

}  // namespace edge
