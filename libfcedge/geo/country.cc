// SPDX-License-Identifier: Apache-2.0
#include "geo/country.h"

#include <algorithm>
#include <iterator>

namespace fce {
namespace {

// In the order of their codes. Positions are those of tz's zone.tab (public domain), and for large
// countries where most of those who ask are.
constexpr Country kCountries[] = {
    {"AD", "EU", false, 42.5, 1.5},     {"AE", "AS", false, 25.2, 55.3},
    {"AF", "AS", false, 34.5, 69.2},    {"AG", "NA", false, 17.1, -61.8},
    {"AI", "NA", false, 18.2, -63.1},   {"AL", "EU", false, 41.3, 19.8},
    {"AM", "AS", false, 40.2, 44.5},    {"AO", "AF", false, -8.8, 13.2},
    {"AQ", "AN", false, -77.8, 166.7},  {"AR", "SA", false, -34.6, -58.4},
    {"AS", "OC", false, -14.3, -170.7}, {"AT", "EU", true, 48.2, 16.3},
    {"AU", "OC", false, -33.9, 151.2},  {"AW", "NA", false, 12.5, -70.0},
    {"AX", "EU", true, 60.1, 19.9},     {"AZ", "AS", false, 40.4, 49.9},
    {"BA", "EU", false, 43.9, 18.4},    {"BB", "NA", false, 13.1, -59.6},
    {"BD", "AS", false, 23.7, 90.4},    {"BE", "EU", true, 50.8, 4.3},
    {"BF", "AF", false, 12.4, -1.5},    {"BG", "EU", true, 42.7, 23.3},
    {"BH", "AS", false, 26.4, 50.6},    {"BI", "AF", false, -3.4, 29.4},
    {"BJ", "AF", false, 6.5, 2.6},      {"BL", "NA", false, 17.9, -62.9},
    {"BM", "NA", false, 32.3, -64.8},   {"BN", "AS", false, 4.9, 114.9},
    {"BO", "SA", false, -16.5, -68.1},  {"BQ", "NA", false, 12.2, -68.3},
    {"BR", "SA", false, -23.5, -46.6},  {"BS", "NA", false, 25.1, -77.3},
    {"BT", "AS", false, 27.5, 89.7},    {"BV", "AN", false, -54.4, 3.4},
    {"BW", "AF", false, -24.6, 25.9},   {"BY", "EU", false, 53.9, 27.6},
    {"BZ", "NA", false, 17.5, -88.2},   {"CA", "NA", false, 45.4, -75.7},
    {"CC", "AS", false, -12.2, 96.9},   {"CD", "AF", false, -4.3, 15.3},
    {"CF", "AF", false, 4.4, 18.6},     {"CG", "AF", false, -4.3, 15.3},
    {"CH", "EU", false, 47.4, 8.5},     {"CI", "AF", false, 5.3, -4.0},
    {"CK", "OC", false, -21.2, -159.8}, {"CL", "SA", false, -33.5, -70.7},
    {"CM", "AF", false, 4.0, 9.7},      {"CN", "AS", false, 31.2, 121.5},
    {"CO", "SA", false, 4.6, -74.1},    {"CR", "NA", false, 9.9, -84.1},
    {"CU", "NA", false, 23.1, -82.4},   {"CV", "AF", false, 14.9, -23.5},
    {"CW", "NA", false, 12.2, -69.0},   {"CX", "AS", false, -10.4, 105.7},
    {"CY", "EU", true, 35.2, 33.4},     {"CZ", "EU", true, 50.1, 14.4},
    {"DE", "EU", true, 50.5, 9.5},      {"DJ", "AF", false, 11.6, 43.1},
    {"DK", "EU", true, 55.7, 12.6},     {"DM", "NA", false, 15.3, -61.4},
    {"DO", "NA", false, 18.5, -69.9},   {"DZ", "AF", false, 36.8, 3.0},
    {"EC", "SA", false, -0.2, -78.5},   {"EE", "EU", true, 59.4, 24.8},
    {"EG", "AF", false, 30.1, 31.2},    {"EH", "AF", false, 27.1, -13.2},
    {"ER", "AF", false, 15.3, 38.9},    {"ES", "EU", true, 40.4, -3.7},
    {"ET", "AF", false, 9.0, 38.7},     {"FI", "EU", true, 60.2, 25.0},
    {"FJ", "OC", false, -18.1, 178.4},  {"FK", "SA", false, -51.7, -57.9},
    {"FM", "OC", false, 6.9, 158.2},    {"FO", "EU", false, 62.0, -6.8},
    {"FR", "EU", true, 48.9, 2.3},      {"GA", "AF", false, 0.4, 9.4},
    {"GB", "EU", false, 51.5, -0.1},    {"GD", "NA", false, 12.1, -61.8},
    {"GE", "AS", false, 41.7, 44.8},    {"GF", "SA", true, 4.9, -52.3},
    {"GG", "EU", false, 49.5, -2.5},    {"GH", "AF", false, 5.5, -0.2},
    {"GI", "EU", false, 36.1, -5.3},    {"GL", "NA", false, 64.2, -51.7},
    {"GM", "AF", false, 13.5, -16.6},   {"GN", "AF", false, 9.5, -13.7},
    {"GP", "NA", true, 16.2, -61.5},    {"GQ", "AF", false, 3.8, 8.8},
    {"GR", "EU", true, 38.0, 23.7},     {"GS", "AN", false, -54.3, -36.5},
    {"GT", "NA", false, 14.6, -90.5},   {"GU", "OC", false, 13.5, 144.8},
    {"GW", "AF", false, 11.8, -15.6},   {"GY", "SA", false, 6.8, -58.2},
    {"HK", "AS", false, 22.3, 114.2},   {"HM", "AN", false, -53.1, 73.5},
    {"HN", "NA", false, 14.1, -87.2},   {"HR", "EU", true, 45.8, 16.0},
    {"HT", "NA", false, 18.5, -72.3},   {"HU", "EU", true, 47.5, 19.1},
    {"ID", "AS", false, -6.2, 106.8},   {"IE", "EU", true, 53.3, -6.2},
    {"IL", "AS", false, 32.1, 34.8},    {"IM", "EU", false, 54.1, -4.5},
    {"IN", "AS", false, 22.0, 79.0},    {"IO", "AS", false, -7.3, 72.4},
    {"IQ", "AS", false, 33.4, 44.4},    {"IR", "AS", false, 35.7, 51.4},
    {"IS", "EU", false, 64.2, -21.9},   {"IT", "EU", true, 41.9, 12.5},
    {"JE", "EU", false, 49.2, -2.1},    {"JM", "NA", false, 18.0, -76.8},
    {"JO", "AS", false, 31.9, 35.9},    {"JP", "AS", false, 35.7, 139.7},
    {"KE", "AF", false, -1.3, 36.8},    {"KG", "AS", false, 42.9, 74.6},
    {"KH", "AS", false, 11.6, 104.9},   {"KI", "OC", false, 1.4, 173.0},
    {"KM", "AF", false, -11.7, 43.3},   {"KN", "NA", false, 17.3, -62.7},
    {"KP", "AS", false, 39.0, 125.8},   {"KR", "AS", false, 37.5, 127.0},
    {"KW", "AS", false, 29.3, 48.0},    {"KY", "NA", false, 19.3, -81.4},
    {"KZ", "AS", false, 43.2, 76.9},    {"LA", "AS", false, 18.0, 102.6},
    {"LB", "AS", false, 33.9, 35.5},    {"LC", "NA", false, 14.0, -61.0},
    {"LI", "EU", false, 47.1, 9.5},     {"LK", "AS", false, 6.9, 79.8},
    {"LR", "AF", false, 6.3, -10.8},    {"LS", "AF", false, -29.5, 27.5},
    {"LT", "EU", true, 54.7, 25.3},     {"LU", "EU", true, 49.6, 6.2},
    {"LV", "EU", true, 57.0, 24.1},     {"LY", "AF", false, 32.9, 13.2},
    {"MA", "AF", false, 33.6, -7.6},    {"MC", "EU", false, 43.7, 7.4},
    {"MD", "EU", false, 47.0, 28.8},    {"ME", "EU", false, 42.4, 19.3},
    {"MF", "NA", true, 18.1, -63.1},    {"MG", "AF", false, -18.9, 47.5},
    {"MH", "OC", false, 7.1, 171.4},    {"MK", "EU", false, 42.0, 21.4},
    {"ML", "AF", false, 12.7, -8.0},    {"MM", "AS", false, 16.8, 96.2},
    {"MN", "AS", false, 47.9, 106.9},   {"MO", "AS", false, 22.2, 113.5},
    {"MP", "OC", false, 15.2, 145.8},   {"MQ", "NA", true, 14.6, -61.1},
    {"MR", "AF", false, 18.1, -15.9},   {"MS", "NA", false, 16.7, -62.2},
    {"MT", "EU", true, 35.9, 14.5},     {"MU", "AF", false, -20.2, 57.5},
    {"MV", "AS", false, 4.2, 73.5},     {"MW", "AF", false, -15.8, 35.0},
    {"MX", "NA", false, 19.4, -99.1},   {"MY", "AS", false, 3.1, 101.7},
    {"MZ", "AF", false, -26.0, 32.6},   {"NA", "AF", false, -22.6, 17.1},
    {"NC", "OC", false, -22.3, 166.4},  {"NE", "AF", false, 13.5, 2.1},
    {"NF", "OC", false, -29.1, 168.0},  {"NG", "AF", false, 6.5, 3.4},
    {"NI", "NA", false, 12.2, -86.3},   {"NL", "EU", true, 52.4, 4.9},
    {"NO", "EU", false, 59.9, 10.8},    {"NP", "AS", false, 27.7, 85.3},
    {"NR", "OC", false, -0.5, 166.9},   {"NU", "OC", false, -19.0, -169.9},
    {"NZ", "OC", false, -36.9, 174.8},  {"OM", "AS", false, 23.6, 58.6},
    {"PA", "NA", false, 9.0, -79.5},    {"PE", "SA", false, -12.1, -77.0},
    {"PF", "OC", false, -17.5, -149.6}, {"PG", "OC", false, -9.5, 147.2},
    {"PH", "AS", false, 14.6, 121.0},   {"PK", "AS", false, 31.5, 74.3},
    {"PL", "EU", true, 52.2, 21.0},     {"PM", "NA", false, 47.0, -56.3},
    {"PN", "OC", false, -25.1, -130.1}, {"PR", "NA", false, 18.5, -66.1},
    {"PS", "AS", false, 31.9, 35.2},    {"PT", "EU", true, 38.7, -9.1},
    {"PW", "OC", false, 7.3, 134.5},    {"PY", "SA", false, -25.3, -57.7},
    {"QA", "AS", false, 25.3, 51.5},    {"RE", "AF", true, -20.9, 55.5},
    {"RO", "EU", true, 44.4, 26.1},     {"RS", "EU", false, 44.8, 20.5},
    {"RU", "EU", false, 55.8, 37.6},    {"RW", "AF", false, -1.9, 30.1},
    {"SA", "AS", false, 24.7, 46.7},    {"SB", "OC", false, -9.5, 160.2},
    {"SC", "AF", false, -4.7, 55.5},    {"SD", "AF", false, 15.6, 32.5},
    {"SE", "EU", true, 59.3, 18.1},     {"SG", "AS", false, 1.3, 103.8},
    {"SH", "AF", false, -15.9, -5.7},   {"SI", "EU", true, 46.0, 14.5},
    {"SJ", "EU", false, 78.0, 16.0},    {"SK", "EU", true, 48.1, 17.1},
    {"SL", "AF", false, 8.5, -13.2},    {"SM", "EU", false, 43.9, 12.5},
    {"SN", "AF", false, 14.7, -17.4},   {"SO", "AF", false, 2.1, 45.4},
    {"SR", "SA", false, 5.8, -55.2},    {"SS", "AF", false, 4.8, 31.6},
    {"ST", "AF", false, 0.3, 6.7},      {"SV", "NA", false, 13.7, -89.2},
    {"SX", "NA", false, 18.1, -63.0},   {"SY", "AS", false, 33.5, 36.3},
    {"SZ", "AF", false, -26.3, 31.1},   {"TC", "NA", false, 21.5, -71.1},
    {"TD", "AF", false, 12.1, 15.1},    {"TF", "AN", false, -49.4, 70.2},
    {"TG", "AF", false, 6.1, 1.2},      {"TH", "AS", false, 13.8, 100.5},
    {"TJ", "AS", false, 38.6, 68.8},    {"TK", "OC", false, -9.4, -171.2},
    {"TL", "OC", false, -8.6, 125.6},   {"TM", "AS", false, 38.0, 58.4},
    {"TN", "AF", false, 36.8, 10.2},    {"TO", "OC", false, -21.1, -175.2},
    {"TR", "AS", false, 41.0, 29.0},    {"TT", "NA", false, 10.7, -61.5},
    {"TV", "OC", false, -8.5, 179.2},   {"TW", "AS", false, 25.1, 121.5},
    {"TZ", "AF", false, -6.8, 39.3},    {"UA", "EU", false, 50.4, 30.5},
    {"UG", "AF", false, 0.3, 32.4},     {"UM", "OC", false, 19.3, 166.6},
    {"US", "NA", false, 39.0, -95.0},   {"UY", "SA", false, -34.9, -56.2},
    {"UZ", "AS", false, 41.3, 69.2},    {"VA", "EU", false, 41.9, 12.5},
    {"VC", "NA", false, 13.2, -61.2},   {"VE", "SA", false, 10.5, -66.9},
    {"VG", "NA", false, 18.4, -64.6},   {"VI", "NA", false, 18.4, -64.9},
    {"VN", "AS", false, 21.0, 105.8},   {"VU", "OC", false, -17.7, 168.4},
    {"WF", "OC", false, -13.3, -176.2}, {"WS", "OC", false, -13.8, -171.7},
    {"XK", "EU", false, 42.7, 21.2},    {"YE", "AS", false, 12.8, 45.2},
    {"YT", "AF", true, -12.8, 45.2},    {"ZA", "AF", false, -26.2, 28.0},
    {"ZM", "AF", false, -15.4, 28.3},   {"ZW", "AF", false, -17.8, 31.1}};

constexpr std::string_view kContinents[] = {"AF", "AN", "AS", "EU", "NA", "OC", "SA"};

std::string_view code_of(const Country& country) { return {country.code, 2}; }

}  // namespace

const Country* find_country(std::string_view code) {
  const Country* found = std::lower_bound(
      std::begin(kCountries), std::end(kCountries), code,
      [](const Country& country, std::string_view wanted) { return code_of(country) < wanted; });
  return found != std::end(kCountries) && code_of(*found) == code ? found : nullptr;
}

bool is_continent(std::string_view code) {
  return std::find(std::begin(kContinents), std::end(kContinents), code) != std::end(kContinents);
}

}  // namespace fce
