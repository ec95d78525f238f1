// SPDX-License-Identifier: Apache-2.0
//
// What the configuration needs from the machine: files, directories and the open-file limit. All of
// it is looked at before anything is started; the first fault throws ConfigError.
#ifndef FCEDGE_EXAMPLES_EDGE_FILES_H_
#define FCEDGE_EXAMPLES_EDGE_FILES_H_

#include <string>

#include "config.h"

namespace edge {

// Checks that certificates, keys and secrets can be read, that directories can be listed, and that
// the state directory and the comment databases can be written. Creates nothing.
void check_files(const Config& config);

// The bearer secret in a file, without the newline at its end.
std::string read_secret(const Config& config, const PathSetting& file);

// Makes a directory that the node writes to, with its parents, for its own user only.
void make_private_directory(const Config& config, const PathSetting& directory);

// Raises the soft open-file limit to the hard one and compares it with limits.connections_max: too
// many asked for by the file is an error; the default is lowered to what fits, with a warning.
void fit_open_files(Config* config);

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_FILES_H_
