// SPDX-License-Identifier: Apache-2.0
//
// libfcedge for C++17 and later: the whole C ABI, header-only. What calls and options mean is said
// in the headers of the C ABI (fcedge.h, http.h, pubsub.h, ...), whose names are the same here
// without `fce_`; this is how they look in C++.
//
//   #include <fcedge/fcedge.hpp>
//
//   fcedge::Node node = fcedge::Node::create({.shards = 2}).value();
//   fcedge::Routes routes = fcedge::Routes::create().value();
//   if (!routes.add_handler({.pattern = "/{name}"}, [](fcedge::Exchange exchange) {
//         (void)exchange.respond(200, {fcedge::Header{"content-type", "text/plain"}},
//                                exchange.param("name"));
//       }))
//     return fail(fcedge::last_error());
//
// OBJECTS (Node, Routes, Origin, Exchange, ...) move, do not copy, and free what they hold, in any
// order by rule 8 of the C ABI. One that was moved from is empty, which `if (node)` tells. `get`,
// `release` and `reset` lead to the C ABI and back.
//
// ERRORS: calls give back a Status, or a Result with a value in it. Both are true if all went well,
// and a Status compares with FCE_E*; `last_error()` is the sentence. To ignore one is a warning; to
// take the value of a Result that has none ends the program. With FCEDGE_EXCEPTIONS defined before
// the first of these headers, what fails throws fcedge::Error instead, except where a comment says
// that it is returned in both modes. Files of one program may differ in this.
//
// OPTIONS are structs for designated initialisers (in C++17: assign to their members). They point
// to strings and lists, so they take none from a temporary std::string. Their lists are of the
// structs of the C ABI, which options become by themselves:
//   const fce_server servers[] = {fcedge::Server{.url = "http://127.0.0.1:9000"}};
//   fcedge::Origin::servers({.servers = servers})
// Where a call takes a list, it may also be written there: {Header{...}, Header{...}}.
//
// CALLABLES are functions, lambdas, std::function, also such as only move. They are destroyed
// exactly once, after the last call, also when what was to take them has failed. One that captures
// no more than a pointer is not allocated; of such a one a copy is called. An exception must not
// leave them; only what handlers of exchanges, fetches and subscriptions throw is swallowed with
// FCEDGE_EXCEPTIONS, and the client answered by an error.
//
// VIEWS are bytes that somebody else keeps, from and to std::string_view; an absent header is not
// `present`. How long they live is said in the C ABI.
//
// Nothing here allocates but callables that capture more, and an Error its sentence.
#ifndef FCEDGE_CPP_FCEDGE_HPP_
#define FCEDGE_CPP_FCEDGE_HPP_

#include "exchange.hpp"
#include "geo.hpp"
#include "node.hpp"
#include "origin.hpp"
#include "routes.hpp"

#endif  // FCEDGE_CPP_FCEDGE_HPP_
