// SPDX-License-Identifier: Apache-2.0
// A node of streams that speaks TLS with the certificates of the tests.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "net/stream_node.h"
#include "net/test_certificates.h"

namespace fce {

// Certificates as files, which is how a node gets them.
class CertificateFiles {
 public:
  CertificateFiles() {
    std::string pattern = (std::filesystem::temp_directory_path() / "fcedge-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
  }
  ~CertificateFiles() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  CertificateFiles(const CertificateFiles&) = delete;
  CertificateFiles& operator=(const CertificateFiles&) = delete;

  std::string write(const std::string& name, std::string_view content) const {
    std::ofstream(directory_ + "/" + name, std::ios::binary) << content;
    return directory_ + "/" + name;
  }
  std::string at(const std::string& name) const { return directory_ + "/" + name; }

  Status load(CertificateStore& store, const std::vector<TestCertificate>& certificates) const {
    std::vector<std::string> paths;
    for (const TestCertificate& one : certificates) {
      paths.push_back(write("chain" + std::to_string(paths.size()), one.chain));
      paths.push_back(write("key" + std::to_string(paths.size()), one.key));
    }
    std::vector<fce_certificate> list;
    for (size_t i = 0; i < paths.size(); i += 2)
      list.push_back({sizeof(fce_certificate), paths[i].c_str(), paths[i + 1].c_str()});
    return store.load(list);
  }

 private:
  std::string directory_;
};

struct TlsStore {
  TlsStore() {
    REQUIRE(files.load(store, {kCertificateFirst, kCertificateWild, kCertificateRsa}) ==
            Status::ok);
  }
  CertificateFiles files;
  CertificateStore store;
};

struct TlsNode : TlsStore, StreamNode {
  TlsNode() { certificates = &store; }
};

}  // namespace fce
