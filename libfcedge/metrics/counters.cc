// SPDX-License-Identifier: Apache-2.0
#include "metrics/counters.h"

namespace fce {
namespace {

constexpr CounterInfo kInfo[] = {
#define FCE_COUNTER_INFO_(word, name, help) {name, help},
    FCE_COUNTER_MAP(FCE_COUNTER_INFO_)
#undef FCE_COUNTER_INFO_
};

}  // namespace

CounterInfo counter_info(Counter counter) { return kInfo[static_cast<size_t>(counter)]; }

}  // namespace fce
