// SPDX-License-Identifier: Apache-2.0
//
// The demo's business tier: GET lists the comments of a thread, POST stores one and publishes it on
// the channel that is called like the thread. Handlers only queue; one worker thread does the
// blocking work and answers from there.
//
// The order that loses nothing: store, publish, answer. A list is read after its position was, so
// it holds every comment up to that position. A publication that finds a queue full is tried again
// in order; one lost with the process is no loss, since the next start has a new epoch and all
// subscribers are told of the gap and read the list.
#ifndef FCEDGE_EXAMPLES_EDGE_COMMENTS_H_
#define FCEDGE_EXAMPLES_EDGE_COMMENTS_H_

#include <fcedge/fcedge.h>
#include <fcedge/http.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "comment_store.h"

namespace edge {

class Comments {
 public:
  // 4,000 characters may come as 12 bytes each when a client escapes all of them.
  static constexpr uint32_t kBodyBytesMax = 65536;

  // Opens the database (throws StoreError) and starts the worker.
  Comments(fce_node* node, const std::string& database);
  ~Comments();
  Comments(const Comments&) = delete;
  Comments& operator=(const Comments&) = delete;

  // Adds GET and POST for the threads of one tenant. The route must have a parameter "thread".
  int add_route(fce_routes* routes, const fce_route_options& route, const std::string& tenant,
                uint32_t list_max);

  // Answers what is queued and ends the worker. After the node has stopped, or its handlers would
  // queue for nobody. Twice is harmless.
  void stop();

 private:
  struct Route {
    Comments* comments;
    std::string tenant;
    uint32_t list_max;
  };
  struct Publication {
    ThreadKey key;
    std::string json;
  };
  struct Published {
    Comments* comments;
    ThreadKey key;
  };
  struct Post {
    fce_exchange* exchange = nullptr;
    ThreadKey key;
    Comment comment;
    bool fresh = false;
  };
  struct Listing {
    fce_exchange* exchange = nullptr;
    ThreadKey key;
    Range range;
  };

  static void on_request(fce_exchange* exchange, void* user);
  static void on_published(int status, const char* id, void* user);

  bool queue_post(Post post);
  bool queue_listing(Listing listing);

  void run();
  void store(std::vector<Post>& posts);
  void answer(const std::vector<Post>& posts);
  void answer(const std::vector<Listing>& listings);
  void publish_waiting();
  std::string list_body(const Listing& listing);
  std::string position_of(const ThreadKey& key);

  fce_node* node_;

  // Worker thread only.
  CommentStore store_;
  std::deque<Publication> unpublished_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Post> posts_;
  std::vector<Listing> listings_;
  bool backlog_ = false;  // publications wait, so no more comments are taken
  bool stopping_ = false;

  // The last published id of threads that were written to since the start.
  std::mutex positions_mutex_;
  std::map<ThreadKey, std::string> positions_;

  std::thread worker_;
};

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_COMMENTS_H_
