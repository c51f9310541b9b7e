#include "watch_api.h"

#include <rollcall/base/random.h>

#include "help.h"

namespace rollcall::registry {
namespace {

using http::Request;
using http::Responder;
using http::Response;

// Watchers that began together do not come back together.
constexpr int kJitterPart = 16;

Response unchanged() {
    return Response::empty(304).with_header("Cache-Control", "no-store");
}

std::string text_parameter(const Request& request, const char* name) {
    return std::string{request.parameter(name).value_or("")};
}

bool is_many(const Request& request) {
    return request.path.size() == 2 && request.path[1] == "watch";
}

bool is_events(const Request& request) {
    return request.path.size() == 2 && request.path[1] == "events";
}

// A list without a wait is the native API's.
bool is_waiting_list(const Request& request) {
    const auto& path = request.path;
    return request.method == "GET" && path[1] == "services" && path.size() <= 3 &&
           request.parameter("wait");
}

Result<std::unique_ptr<Question>> list_question(const Request& request) {
    if (request.path.size() == 2)
        return std::make_unique<ServicesQuestion>(text_parameter(request, "index"));
    Result<std::string> service = normalized_service(request.path[2]);
    if (!service) return service.error();
    Result<ListFilter> filter = ListFilter::of(request);
    if (!filter) return filter.error();
    return std::make_unique<ListQuestion>(
        *std::move(service),
        *std::move(filter),
        text_parameter(request, "index"),
        text_parameter(request, "delta") == "1"
    );
}

std::unique_ptr<Question> events_question(const Request& request) {
    std::optional<std::string> after;
    if (const auto given = request.parameter("after")) after = *given;
    return std::make_unique<EventsQuestion>(std::move(after));
}

}  // namespace

WatchApi::WatchApi(Center& center, http::Server& server, QueryQueue& queue)
    : center_(center), server_(server), queue_(queue) {
}

bool WatchApi::handle(const Request& request, Responder& responder, TimePoint now) {
    if (request.path.size() < 2 || request.path[0] != "v1") return false;
    if (!is_many(request) && !is_events(request) && !is_waiting_list(request)) return false;
    const std::string method = is_many(request) ? "POST" : "GET";
    if (request.method != method) {
        responder.respond(method_not_allowed(request, is_many(request) ? "POST" : "GET, HEAD"));
    } else if (center_.warming_up(now) && !is_events(request)) {
        responder.respond(warming_up());
    } else if (const Result<void> ok = ask(request, responder, now); !ok) {
        responder.respond(Response::error(400, "invalid", ok.error().message()));
    }
    return true;
}

Result<void> WatchApi::ask(const Request& request, Responder& responder, TimePoint now) {
    if (is_many(request)) {
        Result<WatchRequest> watch = watch_from_json(request.body);
        if (!watch) return watch.error();
        const Duration wait = watch->wait;
        answer_or_park(
            std::make_unique<ManyQuestion>(*std::move(watch)), wait, request, responder, now
        );
        return {};
    }
    const Result<Duration> wait = wait_from(request.parameter("wait").value_or("0"));
    if (!wait) return wait.error();
    Result<std::unique_ptr<Question>> question =
        is_events(request) ? events_question(request) : list_question(request);
    if (!question) return question.error();
    answer_or_park(*std::move(question), *wait, request, responder, now);
    return {};
}

void WatchApi::answer_or_park(
    std::unique_ptr<Question> question,
    Duration wait,
    const Request& request,
    Responder& responder,
    TimePoint now
) {
    const When when = wait > Duration::zero() ? When::in_turn : When::at_once;
    if (const auto news = question->answer(center_, now, when)) return responder.respond(*news);
    if (when == When::at_once) return responder.respond(unchanged());
    if (center_.watches.size() >= center_.options.watchers_max) {
        return responder.respond(
            Response::error(
                503, "too_many_watchers", "as many wait already as this registry allows"
            )
                .with_header("Retry-After", "2")
        );
    }
    const auto jitter = std::chrono::duration_cast<Duration>(wait * random_unit() / kJitterPart);
    const WatchTable::Id id = center_.watches.park(question->keys(), now + wait + jitter);
    responder.when_gone([this, id] {
        center_.watches.drop(id);
        parked_.erase(id);
    });
    parked_.emplace(
        id, Parked{std::move(responder), std::move(question), Access::token_of(request)}
    );
    arm(now);
}

void WatchApi::wake(TimePoint now) {
    for (const WatchTable::Id id : center_.watches.take_woken(now))
        woken_.push_back(id);
    for (const WatchTable::Id id : center_.watches.ended(now))
        look(id, true, now);
    if (!woken_.empty() && !looking_) {
        looking_ = true;
        queue_.push_always([this] { look_at_some(SteadyClock::now()); });
    }
    arm(now);
}

// Ten thousand answers take a while, and heartbeats come meanwhile.
void WatchApi::look_at_some(TimePoint now) {
    do {
        look(woken_.front(), false, now);
        woken_.pop_front();
    } while (!woken_.empty() && !queue_.slice_is_over());
    looking_ = !woken_.empty();
    if (looking_) queue_.push_always([this] { look_at_some(SteadyClock::now()); });
}

// They leave the table at once, so that no change is told to them; the answers take a while, too.
void WatchApi::revoke(const Access& access) {
    const bool is_under_way = !refused_.empty();
    for (auto each = parked_.begin(); each != parked_.end();) {
        auto refusal = access.refuse_reading(each->second.token);
        if (!refusal) {
            ++each;
            continue;
        }
        refused_.push_back({std::move(each->second.responder), *std::move(refusal)});
        center_.watches.drop(each->first);
        each = parked_.erase(each);
    }
    if (!refused_.empty() && !is_under_way) queue_.push_always([this] { refuse_some(); });
}

void WatchApi::refuse_some() {
    do {
        refused_.front().responder.respond(refused_.front().refusal);
        refused_.pop_front();
    } while (!refused_.empty() && !queue_.slice_is_over());
    if (!refused_.empty()) queue_.push_always([this] { refuse_some(); });
}

void WatchApi::look(WatchTable::Id id, bool has_ended, TimePoint now) {
    const auto found = parked_.find(id);
    if (found == parked_.end()) return;
    const auto news = found->second.question->answer(center_, now, When::at_once);
    if (!news && !has_ended) return;
    found->second.responder.respond(news ? *news : unchanged());
    parked_.erase(found);
    center_.watches.drop(id);
}

void WatchApi::arm(TimePoint now) {
    const TimePoint next = center_.watches.next();
    if (next >= armed_) return;
    armed_ = next;
    server_.after(std::max(next - now, Duration::zero()), [this, next] {
        if (armed_ == next) armed_ = TimePoint::max();
        wake(SteadyClock::now());
    });
}

}  // namespace rollcall::registry
