// SPDX-License-Identifier: Apache-2.0
// The smallest cache that the policy makes: a map in memory, one request at a time, and an origin
// that is a function. What the cache proper does on shards and disks, it does in one place.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cache/answer.h"
#include "cache/forward_fields.h"
#include "cache/invalidation.h"
#include "cache/support.h"
#include "cache/vary.h"

namespace fce::test {

using Fields = std::vector<std::pair<std::string, std::string>>;

inline Headers as_headers(const Fields& fields) {
  Headers out;
  for (const auto& [name, value] : fields) out.push_back({name, value});
  return out;
}

inline std::string field_of(const Fields& fields, std::string_view name) {
  for (const auto& [other, value] : fields)
    if (other == name) return value;
  return "(none)";
}

struct Reply {
  uint16_t status = 200;  // 0: the origin could not be reached
  Fields fields;
  std::string body;
};

struct ModelRequest {
  std::string target = "/a";
  Fields fields;
  std::string method = "GET";
};

class ModelCache {
 public:
  using Origin = std::function<Reply(const ModelRequest&)>;

  explicit ModelCache(Origin origin, const PolicyOptions& given = {})
      : options(given), origin_(std::move(origin)) {}

  Reply ask(const ModelRequest& asked);

  PolicyOptions options;
  int64_t now_ms = kThenMs;
  int origin_asked = 0;
  ModelRequest last_sent;

 private:
  struct Entry {
    std::vector<uint8_t> meta;
    std::string body;
  };
  struct Turn;  // one request

  std::string find_key(Turn& turn, const Entry** entry);
  Reply from_store(Turn& turn, const Entry& entry, const CacheStatus& status);
  Reply fetch(Turn& turn, ForwardAs as, const StoredView* stored);
  Reply forward(Turn& turn, const Decision& decision, const Entry* entry);
  Reply refreshed(Turn& turn, Entry entry, const Reply& not_modified);
  void store(Turn& turn, const StoreDecision& decision, const std::string& body);
  void keep(const std::string& key, const StoredParts& parts, const std::string& body);

  Origin origin_;
  std::map<std::string, Entry> entries_;
  uint64_t variant_sets_ = 0;
};

}  // namespace fce::test
