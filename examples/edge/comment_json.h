// SPDX-License-Identifier: Apache-2.0
//
// Comments as JSON, in and out, and what a comment must look like to be taken.
#ifndef FCEDGE_EXAMPLES_EDGE_COMMENT_JSON_H_
#define FCEDGE_EXAMPLES_EDGE_COMMENT_JSON_H_

#include <string>
#include <string_view>
#include <vector>

#include "comment_store.h"

namespace edge {

// 1 to 128 bytes of UTF-8 without control characters; a channel may be called so too.
bool is_thread_name(std::string_view name);

// Reads {"author":..., "text":..., "client_id":...}. False, with a sentence for the client, when
// the body is not that: an author of 1 to 64 and a text of 1 to 4000 characters that are not all
// blank, a client_id of 8 to 64 of A-Z, a-z, 0-9, - and _.
bool parse_comment(std::string_view body, Comment* comment, std::string* error);

// {"id":7,"author":"Ann","text":"Hello","created_ms":1738324800123,"client_id":"..."}
std::string comment_json(const Comment& comment);

// {"comments":[...],"older":false,"position":"7-42"}; "" as position becomes null.
std::string list_json(const std::vector<Comment>& comments, bool older,
                      const std::string& position);

// {"error":"..."}
std::string error_json(const std::string& sentence);

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_COMMENT_JSON_H_
