// SPDX-License-Identifier: Apache-2.0
#include "metrics/gauges.h"

namespace fce {
namespace {

constexpr GaugeInfo kInfo[] = {
#define FCE_GAUGE_INFO_(word, name, unit, help) {name, unit, help},
    FCE_GAUGE_MAP(FCE_GAUGE_INFO_)
#undef FCE_GAUGE_INFO_
};

}  // namespace

GaugeInfo gauge_info(Gauge gauge) { return kInfo[static_cast<size_t>(gauge)]; }

}  // namespace fce
