// SPDX-License-Identifier: Apache-2.0
#include "geo/zone_file.h"

#include <optional>

#include "geo/rdata_text.h"
#include "geo/text_file.h"
#include "geo/zone_builder.h"
#include "geo/zone_lexer.h"

namespace fce {
namespace {

// By its name or by its number (RFC 3597 section 5).
bool is_class_in(std::string_view text) {
  return equals_ignoring_case(text, "IN") || equals_ignoring_case(text, "CLASS1");
}

class ZoneReader {
 public:
  ZoneReader(const DnsName& apex, std::span<const std::string> geo_sets)
      : builder_(apex, geo_sets), origin_(apex) {}

  // One entry: a directive or a record.
  Status take(std::span<const ZoneToken> tokens, bool blank_owner) {
    if (!blank_owner && !tokens[0].quoted && tokens[0].text.front() == '$')
      return take_directive(tokens);
    if (blank_owner && !owner_) return refuse("no owner stands here or before");
    if (!blank_owner) {
      owner_.emplace();
      const Status status = DnsName::parse(tokens[0].text, origin_, &*owner_);
      if (status != Status::ok) return status;
      tokens = tokens.subspan(1);
    }
    return take_record(tokens);
  }
  Status build(std::shared_ptr<const Zone>* out) const { return builder_.build(out); }

 private:
  static Status refuse(const std::string& sentence) { return fail(Status::invalid, sentence); }

  Status take_directive(std::span<const ZoneToken> tokens) {
    const std::string_view name = tokens[0].text;
    if (equals_ignoring_case(name, "$INCLUDE") || equals_ignoring_case(name, "$GENERATE"))
      return refuse(std::string(name) + " is not taken: a zone is one file");
    if (tokens.size() != 2) return refuse(std::string(name) + " has one argument");
    if (equals_ignoring_case(name, "$ORIGIN"))
      return DnsName::parse(tokens[1].text, origin_, &origin_);
    if (!equals_ignoring_case(name, "$TTL")) return refuse("there is no " + std::string(name));
    uint32_t ttl = 0;
    if (!parse_ttl(tokens[1].text, &ttl))
      return refuse("\"" + std::string(tokens[1].text) + "\" is no TTL");
    default_ttl_ = ttl;
    return Status::ok;
  }

  // [TTL] [class] type data, or the class ahead of the TTL.
  Status take_record(std::span<const ZoneToken> tokens) {
    std::optional<uint32_t> ttl;
    bool has_class = false;
    for (; !tokens.empty(); tokens = tokens.subspan(1)) {
      const std::string_view text = tokens[0].text;
      uint32_t value = 0;
      if (!ttl && parse_ttl(text, &value)) {
        ttl = value;
      } else if (!has_class && is_class_in(text)) {
        has_class = true;
      } else {
        break;
      }
    }
    if (tokens.empty()) return refuse("the record has no type");
    DnsType type{};
    if (!parse_dns_type(tokens[0].text, &type))
      return refuse("there is no type \"" + std::string(tokens[0].text) + "\"");
    // Without a TTL it has that of $TTL, or that of the record before it (RFC 2308 section 4).
    if (!ttl) ttl = default_ttl_ ? default_ttl_ : last_ttl_;
    if (!ttl) return refuse("the record has no TTL, and there is no $TTL");
    last_ttl_ = ttl;
    std::string data;
    const Status status = parse_rdata(type, tokens.subspan(1), origin_, &data);
    return status == Status::ok ? builder_.add(*owner_, type, *ttl, data) : status;
  }

  ZoneBuilder builder_;
  DnsName origin_;
  std::optional<DnsName> owner_;
  std::optional<uint32_t> default_ttl_, last_ttl_;
};

Status at_line(Status status, const std::string& file, size_t line, const std::string& sentence) {
  return fail(status, file + ":" + std::to_string(line) + ": " + sentence);
}

}  // namespace

Status parse_zone(std::string_view text, const std::string& file, const DnsName& apex,
                  std::span<const std::string> geo_sets, std::shared_ptr<const Zone>* out) {
  ZoneLexer lexer(text);
  ZoneReader reader(apex, geo_sets);
  for (;;) {
    const ZoneLexer::Next next = lexer.next();
    if (next == ZoneLexer::Next::failed)
      return at_line(Status::invalid, file, lexer.line(), lexer.error());
    if (next == ZoneLexer::Next::end) break;
    const Status status = reader.take(lexer.tokens(), lexer.blank_owner());
    if (status != Status::ok) return at_line(status, file, lexer.line(), last_error());
  }
  const Status status = reader.build(out);
  return status == Status::ok ? status : fail(status, file + ": " + last_error());
}

Status load_zone_file(const std::string& path, const DnsName& apex,
                      std::span<const std::string> geo_sets, std::shared_ptr<const Zone>* out) {
  std::string text;
  const Status status = read_text_file(path, kZoneFileBytesMax, &text);
  return status == Status::ok ? parse_zone(text, path, apex, geo_sets, out) : status;
}

}  // namespace fce
