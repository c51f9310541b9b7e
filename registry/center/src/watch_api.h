#pragma once
// Answers that come when something changes: parked requests.

#include <rollcall/http/request.h>
#include <rollcall/http/server.h>

#include "access.h"
#include "query_queue.h"
#include "question.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace rollcall::registry {

//   GET /v1/services[/{service}]?wait=30s&index=X
//   POST /v1/watch
//   GET /v1/events?after=X&wait=30s
// Only on the server's I/O thread. The center, the server and the queue must outlive it.
class WatchApi {
public:
    WatchApi(Center& center, http::Server& server, QueryQueue& queue);

    // Answers or parks the request and takes its responder, if it is one of this API.
    [[nodiscard]] bool handle(
        const http::Request& request, http::Responder& responder, TimePoint now
    );

    // Call it after every change: wakes who is due, now or by a timer.
    void wake(TimePoint now);

    // Call it when other tokens are in force: who waits with one that may no longer read is told
    // so.
    void revoke(const Access& access);

private:
    struct Parked {
        http::Responder responder;
        std::unique_ptr<Question> question;
        std::optional<std::string> token;  // that the request showed
    };

    struct Refused {
        http::Responder responder;
        http::Response refusal;
    };

    // An error is one of the request; then the responder is still there.
    [[nodiscard]] Result<void> ask(
        const http::Request& request, http::Responder& responder, TimePoint now
    );
    void answer_or_park(
        std::unique_ptr<Question> question,
        Duration wait,
        const http::Request& request,
        http::Responder& responder,
        TimePoint now
    );
    void look(WatchTable::Id id, bool has_ended, TimePoint now);
    void look_at_some(TimePoint now);
    void refuse_some();
    void arm(TimePoint now);

    Center& center_;
    http::Server& server_;
    QueryQueue& queue_;
    std::unordered_map<WatchTable::Id, Parked> parked_;
    std::deque<WatchTable::Id> woken_;  // to be looked at
    bool looking_ = false;              // a turn of the queue will
    std::deque<Refused> refused_;       // to be answered
    TimePoint armed_ = TimePoint::max();
};

}  // namespace rollcall::registry
