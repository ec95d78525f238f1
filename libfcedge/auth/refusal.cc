// SPDX-License-Identifier: Apache-2.0
#include "auth/refusal.h"

namespace fce {

const char* refusal_name(Refusal refusal) {
  switch (refusal) {
    case Refusal::none: return "none";
#define FCE_REFUSAL_NAME_(word, text) \
  case Refusal::word: return #word;
      FCE_REFUSAL_MAP(FCE_REFUSAL_NAME_)
#undef FCE_REFUSAL_NAME_
  }
  return "?";
}

const char* refusal_text(Refusal refusal) {
  switch (refusal) {
    case Refusal::none: return "";
#define FCE_REFUSAL_TEXT_(word, text) \
  case Refusal::word: return text;
      FCE_REFUSAL_MAP(FCE_REFUSAL_TEXT_)
#undef FCE_REFUSAL_TEXT_
  }
  return "?";
}

uint16_t refusal_status(Refusal refusal) { return refusal == Refusal::tenant ? 403 : 401; }

}  // namespace fce
