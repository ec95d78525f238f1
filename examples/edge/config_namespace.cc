// SPDX-License-Identifier: Apache-2.0
#include "config_namespace.h"

namespace edge {
namespace {

constexpr uint32_t kMsMax = 24u * 3600 * 1000;
constexpr uint32_t kBytesMax = 1u << 30;

// A word that stands for its place in the list, as the C ABI's numbers do.
void read_word(Section& section, const char* key, uint32_t* out,
               const std::vector<std::string>& words) {
  size_t index = *out;
  section.choice(key, &index, words);
  *out = static_cast<uint32_t>(index);
}

}  // namespace

NamespaceSettings read_namespace(Section& section) {
  NamespaceSettings settings;
  settings.place = section.place();
  section.text("name", &settings.name);
  section.number("history_messages", &settings.history_messages, 1, 1u << 20);
  section.number("history_bytes", &settings.history_bytes, 1024, kBytesMax);
  section.number("history_ms", &settings.history_ms, 1, kMsMax);
  section.flag("cache", &settings.cache);
  read_word(section, "overflow", &settings.overflow, {"gap", "close", "conflate", "latest"});
  read_word(section, "publish", &settings.publish, {"token", "none", "any"});
  read_word(section, "presence", &settings.presence, {"counts", "none", "members"});
  section.flag("audience", &settings.audience);
  section.number("message_bytes_max", &settings.message_bytes_max, 1, 64u << 20);
  section.number("publish_per_s", &settings.publish_per_s, 1, 1'000'000);
  section.number("subscribers_max", &settings.subscribers_max, 1, 100'000'000);
  section.number("presence_members_max", &settings.presence_members_max, 1, 100'000);
  section.number("presence_leave_ms", &settings.presence_leave_ms, 1, kMsMax);
  section.finish();
  return settings;
}

void add_namespace(fce_node* node, const Config& config, const NamespaceSettings& settings) {
  fce_namespace_options options;
  fce_namespace_options_init(&options);
  options.name = settings.name.empty() ? nullptr : settings.name.c_str();
  options.history_messages = settings.history_messages;
  options.history_bytes = settings.history_bytes;
  options.history_ms = settings.history_ms;
  options.cache = settings.cache ? 1 : 0;
  options.overflow = settings.overflow;
  options.publish = settings.publish;
  options.presence = settings.presence;
  options.no_audience = settings.audience ? 0 : 1;
  options.message_bytes_max = settings.message_bytes_max;
  options.publish_per_s = settings.publish_per_s;
  options.subscribers_max = settings.subscribers_max;
  options.presence_members_max = settings.presence_members_max;
  options.presence_leave_ms = settings.presence_leave_ms;
  if (fce_node_add_namespace(node, &options) != FCE_OK)
    config.fail(settings.place, fce_last_error());
}

}  // namespace edge
