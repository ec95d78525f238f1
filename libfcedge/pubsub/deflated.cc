// SPDX-License-Identifier: Apache-2.0
#include "pubsub/deflated.h"

#include <utility>

#include "http/ws_deflate.h"

namespace fce {

size_t DeflatedFrame::bytes() const {
  return sizeof(DeflatedFrame) + (frame ? sizeof(Chunk) + frame->size() : 0);
}

const DeflatedFrame* DeflatedFrame::get(std::unique_ptr<DeflatedFrame>* list,
                                        const Message& message, FrameForm form, int window_bits,
                                        Counters& counters, size_t* made_bytes) {
  *made_bytes = 0;
  size_t held = 0;
  for (const DeflatedFrame* entry = list->get(); entry; entry = entry->next.get()) {
    if (entry->form == form && entry->window_bits == window_bits) return entry;
    held += entry->bytes();
  }
  const Bytes text = form == FrameForm::json ? message.json_text() : message.payload();
  if (text.size() < kWsDeflateBytesMin) return nullptr;
  // Clients choose the window, and must not multiply what the log takes.
  if (held >= message.bytes()) {
    counters.add(Counter::limit_deflated);
    return nullptr;
  }
  auto made = std::make_unique<DeflatedFrame>();
  made->frame = ws_deflate_message(WsOpcode::text, text, window_bits, counters);
  made->form = form;
  made->window_bits = static_cast<uint8_t>(window_bits);
  made->next = std::move(*list);
  *list = std::move(made);
  *made_bytes = (*list)->bytes();
  return list->get();
}

}  // namespace fce
