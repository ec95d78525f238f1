// SPDX-License-Identifier: Apache-2.0
// The command line of the fan-out generator.
#pragma once
#include <stdio.h>
#include <stdlib.h>

#include <string>
#include <utility>

#include "common.h"

struct Options {
  int n = 1000;       // subscribers
  int slow = 0;       // and such that never read
  int size = 100;     // bytes of a payload
  int window = 0;     // messages in flight
  int flood = 0;      // publish as fast as the publishers are answered
  int pubs = 1;       // publisher connections
  int burst = 200;    // handshakes in progress at once
  int h2 = 0;         // event streams over HTTP/2
  int ids = 0;        // check the ids that the server gives
  int msgs = 0;       // so many messages, instead of `secs`
  int batch = 1;      // so many of the open loop at once, at the same rate
  int spin = 0;       // never sleep: who sends is then not charged with waking us
  double rate = 100;  // messages a second
  double secs = 5, warm = 1;
  double hold = 0;   // after subscribing, only hold the connections
  double drain = 2;  // seconds for what has not come at the end
  double after = 0;  // then hold the connections so long before the report
  std::string sub_url, pub_url;
  std::string sub_send;                // text frame sent by each subscriber once open
  std::string pub_pre, pub_suf;        // these two wrap each published payload
  std::string sub_header, pub_header;  // extra lines of every request
  ServerClock server;

  bool parse(int argc, char** argv) {
    for (int i = 1; i + 1 < argc; i += 2)
      if (!set(argv[i], argv[i + 1])) {
        fprintf(stderr, "unknown option %s\n", argv[i]);
        return false;
      }
    return true;
  }

 private:
  bool set(const std::string& name, const char* value) {
    const std::pair<const char*, int*> ints[] = {
        {"--n", &n},         {"--slow", &slow},   {"--size", &size},   {"--window", &window},
        {"--flood", &flood}, {"--pubs", &pubs},   {"--burst", &burst}, {"--h2", &h2},
        {"--ids", &ids},     {"--batch", &batch}, {"--msgs", &msgs},   {"--spin", &spin}};
    const std::pair<const char*, double*> doubles[] = {{"--rate", &rate},   {"--secs", &secs},
                                                       {"--warm", &warm},   {"--hold", &hold},
                                                       {"--drain", &drain}, {"--after", &after}};
    const std::pair<const char*, std::string*> strings[] = {{"--sub", &sub_url},
                                                            {"--pub", &pub_url},
                                                            {"--sub-send", &sub_send},
                                                            {"--pub-pre", &pub_pre},
                                                            {"--pub-suf", &pub_suf}};
    for (auto& [key, at] : ints)
      if (name == key) return *at = atoi(value), true;
    for (auto& [key, at] : doubles)
      if (name == key) return *at = atof(value), true;
    for (auto& [key, at] : strings)
      if (name == key) return *at = value, true;
    if (name == "--sub-header") return sub_header += lines(value), true;
    if (name == "--pub-header") return pub_header += lines(value), true;
    if (name == "--srv-pids") return server.watch(value), true;
    return false;
  }
  static std::string lines(const char* s) {  // a \n in it separates
    std::string o;
    for (; *s; s++) {
      if (*s == '\\' && s[1] == 'n') {
        o += "\r\n";
        s++;
      } else {
        o += *s;
      }
    }
    return o + "\r\n";
  }
};
