// SPDX-License-Identifier: Apache-2.0
//
// Typed reading of one TOML table, in which every complaint names file, line and key. A section may
// have an overlay: the same section under [nodes.NAME], whose keys win over the common ones.
#ifndef FCEDGE_EXAMPLES_EDGE_TOML_SECTION_H_
#define FCEDGE_EXAMPLES_EDGE_TOML_SECTION_H_

#include <toml++/toml.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config.h"

namespace edge {

// A parsed file. Sections point into it, so it must outlive them.
class Document {
 public:
  // Throws ConfigError when the file cannot be read or is not TOML.
  explicit Document(std::string path);

  const toml::table& root() const { return root_; }
  const std::string& path() const { return path_; }

  // Relative paths of the file mean the directory that the file is in.
  std::string resolve(const std::string& path) const;

  [[noreturn]] void fail(const Place& place, const std::string& message) const;

 private:
  std::string path_;
  toml::table root_;
};

class Section {
 public:
  // `common` or `overlay` may be null; `name` is how the section is called in messages.
  Section(const Document& document, const toml::table* common, const toml::table* overlay,
          std::string name, std::string overlay_name);

  // Each reader leaves `out` alone when the key is absent and tells where it was said otherwise.
  Place text(const char* key, std::string* out);
  // The same where "" has a meaning, other than that the key is absent.
  Place text_or_empty(const char* key, std::optional<std::string>* out);
  // An array of strings, as one string with blanks between them.
  Place words(const char* key, std::string* out);
  // The same, each by itself.
  Place list(const char* key, std::vector<std::string>* out);
  // One string or an array of them, each as it is and with its place.
  void texts(const char* key, std::vector<std::pair<std::string, Place>>* out);
  Place numbers(const char* key, std::vector<uint16_t>* out, uint16_t min, uint16_t max);
  // A sub-table whose keys are up to whoever wrote the file, with strings as values.
  Place pairs(const char* key, std::vector<std::pair<std::string, std::string>>* out);
  Place path(const char* key, std::string* out);
  Place paths(const char* key, std::vector<std::string>* out);
  Place flag(const char* key, bool* out);
  Place number(const char* key, uint32_t* out, uint32_t min, uint32_t max);
  Place decimal(const char* key, double* out, double min, double max);
  Place choice(const char* key, size_t* out, const std::vector<std::string>& words);

  // The sub-table `key` as a section, and the array of tables `key` as one section per entry. An
  // array in the overlay replaces the common one whole.
  Section table(const char* key);
  std::vector<Section> tables(const char* key);

  // Marks a key as known although somebody else reads it.
  void allow(const char* key) { known_.insert(key); }

  // Throws for the first key that nobody asked for.
  void finish() const;

  // The section itself, for complaints about what is absent.
  Place place() const;
  [[noreturn]] void fail(const Place& place, const std::string& message) const;

 private:
  struct Found {
    const toml::node* node = nullptr;
    Place place;
  };
  Found find(const char* key);
  void finish_table(const toml::table* table, const std::string& name) const;

  const Document& document_;
  const toml::table* common_;
  const toml::table* overlay_;
  std::string name_;
  std::string overlay_name_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_TOML_SECTION_H_
