// What a server tells about itself while it runs, and its connections to itself.

#include <rollcall/rpc/server_report.h>

#include "connection_survey.h"
#include "server_core.h"

#include <asio/local/stream_protocol.hpp>
#include <asio/post.hpp>

#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>

namespace rollcall::rpc {

void ServerCore::begin_counting() {
    started_at_ = SteadyClock::now();
    if (options_->count_calls) {
        // A stripe for each I/O thread and one for what ends elsewhere; room for all names.
        host_->metrics = std::make_shared<CallMetrics>(io_.size() + 1, methods_->size() + 1);
        host_->unknown_methods = &host_->metrics->method(CallMetrics::kUnknown);
        methods_->count_in(*host_->metrics);
    }
    const ServerView view{self_};
    const auto health = [view] { return health_report(view.health()); };
    const auto stats = [view] {
        return stats_report(view.health(), view.stats(), view.method_stats());
    };
    methods_->add_reserved(kHealthMethod, make_handler(health, HandlerOptions()));
    methods_->add_reserved(kStatsMethod, make_handler(stats, HandlerOptions()));
}

ServerStatus ServerCore::status() {
    if (is_stopped()) return ServerStatus::stopped;
    {
        const std::lock_guard lock{mutex_};
        if (stopping_) return started_ ? ServerStatus::draining : ServerStatus::stopped;
        if (!started_) return ServerStatus::starting;
    }
    if (!is_alive()) return ServerStatus::stuck;
    const bool is_full = host_->budget->bytes() >= options_->max_request_bytes;
    return is_full ? ServerStatus::overloaded : ServerStatus::serving;
}

ServerHealth ServerCore::health() {
    ServerHealth health;
    health.status = status();
    health.name = options_->name;
    if (started_at_ != TimePoint{}) health.uptime = SteadyClock::now() - started_at_;
    health.connections = connections_.load(std::memory_order_relaxed);
    for (const MethodStats& method : methods_->stats())
        health.in_flight += method.in_flight;
    return health;
}

std::vector<MethodStats> ServerCore::method_stats() const {
    std::vector<MethodStats> all = methods_->stats();
    if (host_->unknown_methods != nullptr) {
        MethodStats unknown = host_->unknown_methods->read();
        unknown.name = CallMetrics::kUnknown;
        if (unknown.calls() > 0) all.push_back(std::move(unknown));
    }
    return all;
}

ConnectionList ServerCore::list_connections(std::size_t limit, Duration patience) {
    std::shared_ptr<ConnectionSurvey> survey;
    {
        const std::lock_guard lock{mutex_};
        if (!started_ || is_stopped()) return {};
        if (IoThreads::on_io_thread()) {
            ConnectionList list;
            list.total = connections_.load();
            list.is_complete = false;
            return list;
        }
        survey = std::make_shared<ConnectionSurvey>(shards_.size());
        for (const auto& shard : shards_) {
            asio::post(
                shard->thread().context(),
                [survey, limit, self = self_.lock(), each = shard.get()] {
                    std::vector<ConnectionFacts> facts;
                    std::size_t total = 0;
                    each->describe(facts, limit, total);
                    survey->add(std::move(facts), total);
                }
            );
        }
    }
    return survey->wait(limit, patience);
}

std::string ServerCore::http_hint() const {
    const std::lock_guard lock{mutex_};
    if (admin_url_.empty()) return options_->http_hint;
    return options_->http_hint + (options_->http_hint.empty() ? "" : "; ") + "admin: " + admin_url_;
}

void ServerCore::set_admin_url(const std::string& url) {
    const std::lock_guard lock{mutex_};
    admin_url_ = url;
}

Result<int> ServerCore::connect(const Self& self) {
    const std::lock_guard lock{self->mutex_};
    if (!self->started_ || self->stopping_)
        return Error{Errc::shutting_down, "the server is not running"};
    if (self->connections_.load() >= self->options_->max_connections)
        return Error{Errc::overloaded, "max_connections are open"};
    int ends[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        const std::error_code why{errno, std::system_category()};
        return Error{Errc::connect_failed, "no sockets: " + why.message()};
    }
    ServerShard& shard = *self->shards_[self->own_turn_++ % self->shards_.size()];
    StreamSocket socket{shard.thread().context()};
    asio::error_code problem;
    socket.assign(asio::local::stream_protocol(), ends[0], problem);
    if (problem) {
        ::close(ends[0]);
        ::close(ends[1]);
        return Error{Errc::connect_failed, problem.message()};
    }
    // Counted here, as those that are accepted, and for the same reason.
    self->connections_.fetch_add(1);
    asio::post(shard.thread().context(), [self, &shard, socket = std::move(socket)]() mutable {
        shard.adopt_own(Transport{std::move(socket)});
    });
    return ends[1];
}

}  // namespace rollcall::rpc
