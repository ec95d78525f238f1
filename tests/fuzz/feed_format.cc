// SPDX-License-Identifier: Apache-2.0
// What a client says about the form of its feed: the first line is its Accept field, the rest its
// query. The choice is total, and one that the route offers.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "pubsub/feed_format.h"

using namespace fce;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = as_text({data, size});
  const size_t end = text.find('\n');
  const Header accept[] = {{"accept", text.substr(0, end)}};
  Request request;
  request.headers = accept;
  if (end != text.npos) request.query = text.substr(end + 1);
  for (int offer = 0; offer < 8; ++offer) {
    const FeedForms forms{(offer & 1) != 0, (offer & 2) != 0, (offer & 4) != 0};
    const FeedChoice choice = choose_feed(request, forms);
    switch (choice.kind) {
      case FeedChoice::Kind::refused:
        if (choice.status != 400 && choice.status != 406) std::abort();
        break;
      case FeedChoice::Kind::sse:
        if (!forms.sse) std::abort();
        break;
      case FeedChoice::Kind::stream:
        if (!forms.stream) std::abort();
        break;
      case FeedChoice::Kind::poll:
        if (!forms.poll || choice.poll_s < 1 || choice.poll_s > 60) std::abort();
        break;
    }
  }
  return 0;
}
