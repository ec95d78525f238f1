// SPDX-License-Identifier: Apache-2.0
//
// Zones as the library takes them: a file, records of the configuration, or both.
#ifndef FCEDGE_EXAMPLES_EDGE_CONFIG_RECORDS_H_
#define FCEDGE_EXAMPLES_EDGE_CONFIG_RECORDS_H_

#include <fcedge/geo.h>

#include <string>
#include <vector>

#include "config.h"
#include "toml_section.h"

namespace edge {

// Reads the records of a [[zone]]: `ttl` and each [[zone.record]].
void read_records(Section& zone, ZoneSettings* settings);

// A zone's master file. Records of the configuration stand behind those of its file.
class ZoneText {
 public:
  // Throws ConfigError when the file cannot be read although it has to be. `settings` outlives it.
  ZoneText(const Config& config, const ZoneSettings& settings);

  // Views into this.
  fce_dns_zone zone() const;

  // Throws ConfigError with what the library has said of this zone, and with the place of the
  // record or the key at fault; a sentence about the file names its line itself.
  [[noreturn]] void fail(const Config& config, const std::string& sentence) const;

 private:
  [[noreturn]] void fail_text(const Config& config, const std::string& sentence) const;
  void add(const RecordSettings& record);

  const ZoneSettings& settings_;
  std::string called_;  // what sentences about it begin with
  std::string text_;    // empty: the library reads the file by itself
  size_t file_lines_ = 0;
  std::vector<Place> places_;  // of the lines behind
};

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_CONFIG_RECORDS_H_
