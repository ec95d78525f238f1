// SPDX-License-Identifier: Apache-2.0
//
// Tells the service manager how the node is (the protocol of sd_notify, one datagram each). Without
// NOTIFY_SOCKET in the environment nothing happens.
#ifndef FCEDGE_EXAMPLES_EDGE_NOTIFY_H_
#define FCEDGE_EXAMPLES_EDGE_NOTIFY_H_

namespace edge {

void notify_ready();
void notify_stopping();

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_NOTIFY_H_
