// SPDX-License-Identifier: Apache-2.0
// bench-geo-index: what an index of a MaxMind database costs to build, to keep and to ask, beside
// libmaxminddb with the same addresses; and whether both say the same: the same country, and a
// place within 40 km. Its exit code is 1 when they do not.
//
// usage: bench-geo-index [--addresses COUNT] [--check] FILE.mmdb...
//   --check   only whether both say the same
#include <maxminddb.h>
#include <netinet/in.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "geo/geo_index.h"
#include "geo/geo_snapshot.h"

namespace {

using namespace fce;

constexpr double kAgreeKm = 40;
constexpr int kPasses = 5;
constexpr size_t kSets = 10;

// Of this thread's processor time, so that others on the machine do not count.
double now_ns() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// As each of both is asked.
struct Addresses {
  std::vector<IpPrefix> ips;
  std::vector<sockaddr_in6> sockets;  // those for IPv4 are smaller
  void add(bool v6, IpNumber number);
};

void Addresses::add(bool v6, IpNumber number) {
  const IpPrefix& ip = ips.emplace_back(ip_prefix(v6, number, address_bits(v6)));
  sockaddr_in6& socket = sockets.emplace_back();
  if (v6) {
    socket.sin6_family = AF_INET6;
    std::memcpy(&socket.sin6_addr, ip.ip.data(), 16);
  } else {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, ip.ip.data(), 4);
    std::memcpy(&socket, &v4, sizeof(v4));
  }
}

// The best of some, since others use the machine's caches, too.
template <class F>
double ns_each(size_t count, F&& ask_all) {
  double best = INFINITY;
  for (int i = 0; i < kPasses; ++i) {
    const double begin = now_ns();
    ask_all();
    best = std::min(best, now_ns() - begin);
  }
  return best / static_cast<double>(count);
}

double radians(double degrees) { return degrees * M_PI / 180; }

double distance_km(double latitude, double longitude, const Place& place) {
  const double a = std::sin(radians(place.latitude - latitude) / 2);
  const double b = std::sin(radians(place.longitude - longitude) / 2);
  const double h = a * a + std::cos(radians(latitude)) * std::cos(radians(place.latitude)) * b * b;
  return 2 * 6371 * std::asin(std::min(1.0, std::sqrt(h)));
}

class Peer {
 public:
  explicit Peer(const char* path) {
    if (MMDB_open(path, MMDB_MODE_MMAP, &mmdb_) == MMDB_SUCCESS) return;
    std::fprintf(stderr, "libmaxminddb cannot open %s\n", path);
    std::exit(1);
  }
  ~Peer() { MMDB_close(&mmdb_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  bool v6() const { return mmdb_.metadata.ip_version == 6; }

  MMDB_lookup_result_s find(const sockaddr_in6& address) const {
    int error = 0;
    return MMDB_lookup_sockaddr(&mmdb_, reinterpret_cast<const sockaddr*>(&address), &error);
  }

  // Reads what a ranking needs, as who asks for each address would.
  static bool place(MMDB_lookup_result_s& result, std::string_view* country, double* latitude,
                    double* longitude) {
    if (!result.found_entry) return false;
    MMDB_entry_data_s data;
    if (!get(result, {"country_code"}, &data) && !get(result, {"country", "iso_code"}, &data) &&
        !get(result, {"registered_country", "iso_code"}, &data))
      return false;
    if (data.type != MMDB_DATA_TYPE_UTF8_STRING || data.data_size != 2) return false;
    *country = {data.utf8_string, data.data_size};
    *latitude = number(result, "latitude");
    *longitude = number(result, "longitude");
    return true;
  }

  // An address of each of `count` networks, every one of the database as likely as any other.
  std::vector<IpNumber> random_networks(size_t count, std::mt19937_64& random) const {
    std::vector<IpNumber> chosen;
    size_t seen = 0;
    visit(0, 0, v6() ? 128 : 32, [&](IpNumber first, unsigned rest) {
      const IpNumber host = IpNumber{random()} << 64 | random();
      const IpNumber ip = first | (host & ((IpNumber{1} << rest) - 1));
      const size_t at = chosen.size() < count ? chosen.size() : random() % (seen + 1);
      if (at == chosen.size()) chosen.emplace_back();
      if (at < chosen.size()) chosen[at] = ip;
      ++seen;
    });
    std::shuffle(chosen.begin(), chosen.end(), random);
    return chosen;
  }

 private:
  template <class F>
  void visit(uint64_t node, IpNumber first, unsigned rest, F&& each) const {
    MMDB_search_node_s links;
    if (MMDB_read_node(&mmdb_, static_cast<uint32_t>(node), &links) != MMDB_SUCCESS) return;
    --rest;
    const auto follow = [&](uint8_t type, uint64_t to, IpNumber ip) {
      if (type == MMDB_RECORD_TYPE_SEARCH_NODE) visit(to, ip, rest, each);
      if (type == MMDB_RECORD_TYPE_DATA) each(ip, rest);
    };
    follow(links.left_record_type, links.left_record, first);
    follow(links.right_record_type, links.right_record, first | IpNumber{1} << rest);
  }

  static bool get(MMDB_lookup_result_s& result, std::vector<const char*> path,
                  MMDB_entry_data_s* data) {
    path.push_back(nullptr);
    return MMDB_aget_value(&result.entry, data, path.data()) == MMDB_SUCCESS && data->has_data;
  }
  static double number(MMDB_lookup_result_s& result, const char* name) {
    MMDB_entry_data_s data;
    if (!get(result, {name}, &data) && !get(result, {"location", name}, &data)) return NAN;
    return data.type == MMDB_DATA_TYPE_FLOAT ? data.float_value : data.double_value;
  }

  MMDB_s mmdb_;
};

struct Agreement {
  size_t known = 0, country = 0, near = 0, unknown = 0;
  double farthest_km = 0;
};

Agreement agreement_of(const GeoIndex& index, const Peer& peer, const Addresses& addresses) {
  Agreement agreement;
  for (size_t i = 0; i < addresses.ips.size(); ++i) {
    MMDB_lookup_result_s result = peer.find(addresses.sockets[i]);
    std::string_view country;
    double latitude = 0, longitude = 0;
    const Place& place = index.place(index.find(addresses.ips[i]).cell);
    if (!Peer::place(result, &country, &latitude, &longitude)) {
      agreement.unknown += !place.known();
      continue;
    }
    ++agreement.known;
    agreement.country += place.country_code() == country;
    const double km = std::isnan(latitude) ? 0 : distance_km(latitude, longitude, place);
    agreement.near += km <= kAgreeKm;
    agreement.farthest_km = std::max(agreement.farthest_km, km);
  }
  return agreement;
}

// Lines of figures for run.sh, one for each of both.
class Figures {
 public:
  void add(const std::string& name, double ours) { append(&ours_, name, ours); }
  void add(const std::string& name, double ours, double peers) {
    append(&ours_, name, ours);
    append(&peers_, name, peers);
  }
  void print() const {
    std::printf("FIGURES ours%s\nFIGURES libmaxminddb%s\n", ours_.c_str(), peers_.c_str());
  }

 private:
  static void append(std::string* line, const std::string& name, double value) {
    char text[64];
    std::snprintf(text, sizeof(text), "%.1f", value);
    *line += " " + name + "=" + text;
  }
  std::string ours_, peers_;
};
Figures figures;

void time_both(const char* kind, const GeoIndex& index, const Peer& peer,
               const Addresses& addresses) {
  const size_t count = addresses.ips.size();
  uint64_t sum = 0;
  const double ours = ns_each(count, [&] {
    for (const IpPrefix& ip : addresses.ips) sum += index.find(ip).cell;
  });
  const double search = ns_each(count, [&] {
    for (const sockaddr_in6& address : addresses.sockets) sum += peer.find(address).netmask;
  });
  const double decoded = ns_each(count, [&] {
    for (const sockaddr_in6& address : addresses.sockets) {
      MMDB_lookup_result_s result = peer.find(address);
      std::string_view country;
      double latitude = 0, longitude = 0;
      sum += Peer::place(result, &country, &latitude, &longitude);
    }
  });
  std::printf("%-12s ours %5.1f ns, libmaxminddb %5.1f ns, with the place read %6.1f ns%s\n", kind,
              ours, search, decoded, sum == 0 ? " " : "");
  std::string name(kind);
  name.replace(name.find('-'), 1, "_");
  figures.add(name + "_ns", ours, search);
  // What it takes when nothing can be done meanwhile.
  uint32_t last = 0;
  const double alone = ns_each(count - 1, [&] {
    for (size_t i = 0; i + 1 < count; ++i)
      last = index.find(addresses.ips[i + (last == Cells::kMax)]).cell;
  });
  std::printf("%-12s ours, each after the answer before, %5.1f ns\n", kind, alone);
  figures.add(name + "_alone_ns", alone);
}

// Addresses of a kind, asked of both.
bool compare(const char* kind, const GeoIndex& index, const Peer& peer, const Addresses& addresses,
             bool timed) {
  if (timed) time_both(kind, index, peer, addresses);
  const Agreement agreement = agreement_of(index, peer, addresses);
  const size_t rest = addresses.ips.size() - agreement.known;
  std::printf(
      "%-12s %zu known: same country %zu, within %.0f km %zu, farthest %.1f km; "
      "of %zu not known %zu not to us\n",
      kind, agreement.known, agreement.country, kAgreeKm, agreement.near, agreement.farthest_km,
      rest, agreement.unknown);
  return agreement.country == agreement.known && agreement.near == agreement.known &&
         agreement.unknown == rest;
}

bool compare_file(const GeoIndex& index, const char* path, size_t count, bool timed) {
  const Peer peer(path);
  std::mt19937_64 random(1);
  bool good = true;
  if (!peer.v6()) {
    Addresses addresses;
    for (size_t i = 0; i < count; ++i) addresses.add(false, random() & 0xffff'ffff);
    good = compare("v4-random", index, peer, addresses, timed);
  }
  Addresses addresses;
  for (const IpNumber ip : peer.random_networks(count, random)) addresses.add(peer.v6(), ip);
  return compare(peer.v6() ? "v6-networks" : "v4-networks", index, peer, addresses, timed) && good;
}

// What a new map costs, whose nodes are ranked for all cells, and what one that has the nodes of
// the one before, but one of them in another state.
void time_ranking(const std::shared_ptr<const GeoIndex>& index) {
  for (const size_t nodes : {10, 50, 200}) {
    std::mt19937_64 random(1);
    auto map = std::make_shared<GeoMap>();
    for (size_t i = 0; i < nodes; ++i) {
      GeoNode& node = map->nodes.emplace_back();
      node.name = "node" + std::to_string(i);
      node.region = i % 3 == 0 ? "eu" : "us";
      node.latitude = static_cast<double>(random() % 140) - 70;
      node.longitude = static_cast<double>(random() % 360) - 180;
    }
    map->sets.resize(kSets);
    for (size_t i = 0; i < kSets; ++i) {
      map->sets[i].name = "set" + std::to_string(i);
      if (i % 2 == 1) map->sets[i].regions = {"eu"};
    }
    const double begin = now_ns();
    const GeoSnapshot snapshot(index, map);
    const double ranked = now_ns();
    auto changed = std::make_shared<GeoMap>(*map);
    changed->nodes[0].state = NodeState::down;
    const GeoSnapshot next(index, changed, &snapshot);
    if (nodes == 200) figures.add("node_down_ms", (now_ns() - ranked) / 1e6);
    std::printf("%3zu nodes, %zu sets, %zu cells: a new map %.0f ms, one node down %.0f ms\n",
                nodes, kSets, index->cells(), (ranked - begin) / 1e6, (now_ns() - ranked) / 1e6);
  }
}

}  // namespace

int main(int argc, char** argv) {
  size_t count = 1'000'000;
  bool check_only = false;
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--addresses") == 0 && i + 1 < argc) {
      count = std::strtoull(argv[++i], nullptr, 10);
    } else if (std::strcmp(argv[i], "--check") == 0) {
      check_only = true;
    } else {
      files.emplace_back(argv[i]);
    }
  }
  if (files.empty() || count == 0) {
    std::fprintf(stderr, "usage: bench-geo-index [--addresses COUNT] [--check] FILE.mmdb...\n");
    return 2;
  }
  std::shared_ptr<const GeoIndex> index;
  const double begin = now_ns();
  if (GeoIndex::read(files, &index) != Status::ok) {
    std::fprintf(stderr, "%s\n", last_error());
    return 1;
  }
  const double build_s = (now_ns() - begin) / 1e9;
  const double mib = static_cast<double>(index->memory_bytes()) / (1 << 20);
  std::printf("built in %.2f s: %.1f MiB, %zu ranges, %zu cells of %.1f degrees\n", build_s, mib,
              index->ranges(), index->cells(), Cells::kDegrees);
  figures.add("build_s", build_s);
  figures.add("mib", mib);
  if (!check_only) time_ranking(index);
  bool good = true;
  for (const std::string& file : files)
    good = compare_file(*index, file.c_str(), count, !check_only) && good;
  if (!check_only) figures.print();
  return good ? 0 : 1;
}
