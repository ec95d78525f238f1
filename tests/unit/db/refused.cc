// SPDX-License-Identifier: Apache-2.0
// Reads that nobody can write: refused.py compiles each case alone, and it has to fail. Outside of
// the cases stands what is close to them and right.
#include <optional>

#include "db/read_preference.h"
#include "db/server_selection.h"

namespace fce {

// Stands for any function that reads.
inline void read(const ReadPreference&) {}
inline void read_on_public_route(const LocalReads&) {}

inline void refused() {
  const ReadPreference nearest(ReadMode::nearest);
  read(nearest);
  read(ReadPreference(ReadMode::primary));
  read_on_public_route(LocalReads::of<ReadMode::nearest>());
  read_on_public_route(LocalReads::of<ReadMode::secondary>());
  read_on_public_route(LocalReads::of<ReadMode::secondary_preferred>());
  read(LocalReads::of<ReadMode::nearest>().preference());

#if CASE == 1  // REFUSED: deleted
  ReadPreference forgotten;
#endif
#if CASE == 2  // REFUSED: too few arguments|no matching function
  read();
#endif
#if CASE == 3  // REFUSED: deleted
  read({});
#endif
#if CASE == 4  // REFUSED: no known conversion|invalid initialization|could not convert
  read(ReadMode::nearest);
#endif
#if CASE == 5  // REFUSED: no known conversion|invalid initialization|could not convert
  read(nullptr);
#endif
#if CASE == 6  // REFUSED: no known conversion|invalid initialization|could not convert
  read(std::optional<ReadPreference>());
#endif
#if CASE == 7  // REFUSED: a public route does not read from the primary
  read_on_public_route(LocalReads::of<ReadMode::primary>());
#endif
#if CASE == 8  // REFUSED: a public route does not read from the primary
  read_on_public_route(LocalReads::of<ReadMode::primary_preferred>());
#endif
#if CASE == 9  // REFUSED: no known conversion|invalid initialization|could not convert
  read_on_public_route(nearest);
#endif
#if CASE == 10  // REFUSED: private|calling a private constructor
  read_on_public_route(LocalReads(nearest));
#endif
#if CASE == 11  // REFUSED: deleted
  LocalReads forgotten;
#endif
#if CASE == 12  // REFUSED: deleted
  struct Options {
    ReadPreference preference;
  };
  Options options;
#endif
#if CASE == 13  // REFUSED: deleted|no matching constructor|could not convert
  struct Options {
    int batch;
    ReadPreference preference;
  };
  const Options options = {.batch = 10};
#endif

  const Topology topology;
  const SelectionOptions plain;
  Selection selection;
  (void)select_for_read(topology, nearest, plain, &selection);
#if CASE == 14  // REFUSED: no matching function|too few arguments|invalid initialization
  (void)select_for_read(topology, plain, &selection);
#endif
#if CASE == 15  // REFUSED: deleted|no matching function
  (void)select_for_read(topology, {}, plain, &selection);
#endif

  // A bound of seconds falls back to the primary, so it is not for public routes.
  BoundedSelection bounded;
  (void)select_within(topology, nearest, 2000, plain, &bounded);
#if CASE == 16  // REFUSED: no known conversion|invalid initialization|could not convert
  (void)select_within(topology, LocalReads::of<ReadMode::nearest>(), 2000, plain, &bounded);
#endif
}

}  // namespace fce
