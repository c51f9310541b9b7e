#include "server_core.h"

#include <asio/post.hpp>

#include <algorithm>
#include <stdexcept>

namespace rollcall::rpc {
namespace {

// How long a stop waits for peers that have connected but not said a word: their first bytes may
// be on their way, and a call among them is answered or told that it was not executed.
constexpr Duration kSilencePatience = std::chrono::milliseconds{100};
// How long a stop waits, beyond its grace, for I/O threads that do not answer.
constexpr Duration kStopPatience = std::chrono::seconds{5};
// A longer grace than this is no different from for ever, and its end can be counted.
constexpr Duration kLongestGrace = std::chrono::hours{24 * 365};
// An I/O thread that has not answered for this long is dead to the registrar.
constexpr Duration kProbePatience = std::chrono::seconds{1};

void require(bool holds, const char* sentence) {
    if (!holds) throw std::invalid_argument{sentence};
}

std::shared_ptr<const ServerOptions> checked(ServerOptions options) {
    require(options.io_threads > 0 || options.io, "ServerOptions::io_threads must be positive");
    require(options.pool_threads > 0, "ServerOptions::pool_threads must be positive");
    require(options.max_in_flight > 0, "ServerOptions::max_in_flight must be positive");
    require(options.max_connections > 0, "ServerOptions::max_connections must be positive");
    require(options.max_request_bytes > 0, "ServerOptions::max_request_bytes must be positive");
    require(
        options.write_queue_high > 0 && options.write_queue_hard >= options.write_queue_high,
        "ServerOptions::write_queue_hard must be at least write_queue_high, and both positive"
    );
    require(
        options.limits.max_message_bytes > 0,
        "ServerOptions::limits.max_message_bytes must be positive"
    );
    require(
        options.limits.max_depth > 0 && options.limits.max_depth <= codec::kMaxDepth,
        "ServerOptions::limits.max_depth must be from 1 to 128"
    );
    for (const Duration timeout :
         {options.first_byte_timeout, options.stall_timeout, options.idle_timeout}) {
        require(timeout > Duration::zero(), "ServerOptions: time-outs must be positive");
    }
    require(
        options.drain_timeout >= Duration::zero(),
        "ServerOptions::drain_timeout must not be negative"
    );
    return std::make_shared<const ServerOptions>(std::move(options));
}

Endpoint parsed(const std::string& listen) {
    Result<Endpoint> endpoint = Endpoint::parse(listen);
    if (!endpoint)
        throw std::invalid_argument{"ServerOptions::listen: " + endpoint.error().message()};
    return *std::move(endpoint);
}

}  // namespace

ServerCore::ServerCore(ServerOptions options)
    : options_(checked(std::move(options))),
      listen_(parsed(options_->listen)),
      methods_(std::make_shared<MethodTable>()),
      endpoint_text_(listen_.to_string()),
      endpoint_(listen_),
      budget_(options_->max_request_bytes) {
}

ServerCore::~ServerCore() = default;

bool ServerCore::is_forked() const noexcept {
    return !home_.is_here();
}

void ServerCore::add(std::string_view name, bool is_idempotent, std::unique_ptr<Handler> handler) {
    const std::lock_guard lock{mutex_};
    if (started_) throw std::logic_error{"handlers must be added before the server starts"};
    methods_->add(name, is_idempotent, std::move(handler));
}

void ServerCore::start(const Self& self) {
    const std::lock_guard lock{self->mutex_};
    if (self->started_ || self->stopping_) throw std::logic_error{"a server starts once"};
    self->listen();
    self->started_ = true;
    self->methods_->add_introspection();
    const ServerOptions& options = *self->options_;
    if (self->methods_->needs_pool())
        self->pool_ = std::make_unique<HandlerPool>(options.pool_threads);
    if (options.watchdog_threshold > Duration::zero()) {
        std::vector<std::shared_ptr<IoThread>> threads;
        for (std::size_t i = 0; i < self->io_.size(); ++i)
            threads.push_back(self->io_.at(i));
        self->watchdog_ =
            std::make_unique<Watchdog>(std::move(threads), options.watchdog_threshold, options.log);
    }
    for (const auto& shard : self->shards_) {
        asio::post(shard->thread().context(), [self, each = shard.get()] {
            each->start_ticking(self);
        });
    }
    asio::post(self->shards_.front()->thread().context(), [self] {
        Acceptor::start(self->acceptor_, [self] { return self->next_target(self); });
    });
}

void ServerCore::listen() {
    io_ = options_->io ? options_->io : IoThreads{options_->io_threads};
    acceptor_ = std::make_shared<Acceptor>(io_.at(0), listen_, options_->log);
    endpoint_ = acceptor_->endpoint();
    endpoint_text_ = endpoint_.to_string();
    for (std::size_t i = 0; i < io_.size(); ++i) {
        shards_.push_back(std::make_unique<ServerShard>(*this, io_.at(i)));
    }
    probes_.resize(io_.size());
    auto& context = io_.at(0)->context();
    grace_timer_ = std::make_unique<asio::steady_timer>(context);
    silence_timer_ = std::make_unique<asio::steady_timer>(context);
}

IoThreads ServerCore::io() const {
    const std::lock_guard lock{mutex_};
    return io_;
}

Endpoint ServerCore::endpoint() const {
    const std::lock_guard lock{mutex_};
    return endpoint_;
}

ServerStats ServerCore::stats() const {
    const std::lock_guard lock{mutex_};
    ServerStats stats;
    stats.connections = connections_.load(std::memory_order_relaxed);
    stats.accepted = accepted_.load(std::memory_order_relaxed);
    stats.refused = refused_.load(std::memory_order_relaxed);
    stats.in_flight_bytes = budget_.bytes();
    for (const auto& shard : shards_) {
        stats.requests += shard->counters.requests.load(std::memory_order_relaxed);
        stats.protocol_errors += shard->counters.protocol_errors.load(std::memory_order_relaxed);
        stats.unauthenticated += shard->counters.unauthenticated.load(std::memory_order_relaxed);
    }
    return stats;
}

bool ServerCore::is_alive() {
    const std::lock_guard lock{mutex_};
    if (!started_ || stopping_) return false;
    const TimePoint now = SteadyClock::now();
    bool alive = true;
    for (std::size_t i = 0; i < probes_.size(); ++i)
        alive = probes_[i].ask(shards_[i]->thread().context(), kProbePatience, now) && alive;
    return alive;
}

// ---- connections

Acceptor::Target ServerCore::next_target(const Self& self) {
    const std::size_t index = turn_++ % shards_.size();
    return {io_.at(index), [self, shard = shards_[index].get()](asio::ip::tcp::socket socket) {
                self->adopt(self, *shard, std::move(socket));
            }};
}

void ServerCore::adopt(const Self& self, ServerShard& shard, asio::ip::tcp::socket socket) {
    accepted_.fetch_add(1, std::memory_order_relaxed);
    // Counted here, not on its thread: a stop must not miss a connection that is on its way there.
    if (connections_.fetch_add(1) >= options_->max_connections) {
        if (refused_.fetch_add(1, std::memory_order_relaxed) == 0) {
            options_->log.warning(
                "server " + endpoint_text_ + ": max_connections are open; more are closed at once"
            );
        }
        connections_.fetch_sub(1);
        return;  // closes the socket
    }
    // std::function must be copyable, a socket is not; post() moves.
    asio::post(shard.thread().context(), [self, &shard, socket = std::move(socket)]() mutable {
        shard.adopt(std::move(socket));
    });
}

asio::any_io_executor ServerCore::executor_for(const Handler& handler, IoThread& thread) const {
    if (handler.run_on() == RunOn::pool) return pool_->executor();
    return thread.context().get_executor();
}

void ServerCore::release(std::size_t bytes) noexcept {
    if (!budget_.release(bytes)) return;
    for (const auto& shard : shards_) {
        asio::post(shard->thread().context(), [self = self_.lock(), each = shard.get()] {
            if (self) each->resume_starved();
        });
    }
}

void ServerCore::connection_closed() {
    connections_.fetch_sub(1);
    finish_if_over();
}

Duration ServerCore::tick_interval() const noexcept {
    const Duration shortest =
        std::min({options_->first_byte_timeout, options_->stall_timeout, options_->idle_timeout});
    return std::clamp<Duration>(
        shortest / 4, std::chrono::milliseconds{5}, std::chrono::milliseconds{500}
    );
}

// ---- the end

void ServerCore::stop(const Self& self, Duration grace) {
    grace = std::clamp(grace, Duration::zero(), kLongestGrace);
    const TimePoint ends = SteadyClock::now() + grace;
    bool begin = false;
    bool sooner = false;
    bool on_pool = false;
    {
        const std::lock_guard lock{self->mutex_};
        if (!self->started_) {
            self->stopping_ = true;
            self->ended_->open();
            return;
        }
        begin = !std::exchange(self->stopping_, true);
        sooner = !begin && ends < self->grace_ends_;
        if (begin || sooner) self->grace_ends_ = ends;
        on_pool = self->pool_ && self->pool_->is_current();
    }
    const auto ended = self->ended_;
    if (begin) begin_stop(self, grace);
    if (sooner) {
        asio::post(self->shards_.front()->thread().context(), [self, ends] {
            arm_grace(self, ends);
        });
    }
    if (on_pool || IoThreads::on_io_thread()) return;
    if (!ended->wait(Deadline::at(ends + kStopPatience))) {
        self->options_->log.error(
            "server " + self->endpoint_text_ + ": its I/O threads do not answer the stop"
        );
    }
}

void ServerCore::begin_stop(const Self& self, Duration grace) {
    asio::post(self->shards_.front()->thread().context(), [self, grace] {
        self->acceptor_->close();
        drain_shards(self, grace);
        arm_grace(self, SteadyClock::now() + grace);
        self->silence_timer_->expires_after(std::min(grace, kSilencePatience));
        self->silence_timer_->async_wait([self](const asio::error_code& ec) {
            if (ec) return;
            for (const auto& shard : self->shards_) {
                asio::post(shard->thread().context(), [self, each = shard.get()] {
                    each->drain_silent();
                });
            }
        });
    });
}

void ServerCore::arm_grace(const Self& self, TimePoint ends) {
    if (self->is_stopped()) return;
    self->grace_timer_->expires_at(ends);
    self->grace_timer_->async_wait([self](const asio::error_code& ec) {
        if (!ec) on_grace_over(self);
    });
}

void ServerCore::drain_shards(const Self& self, Duration grace) {
    self->shards_to_drain_.store(self->shards_.size());
    for (const auto& shard : self->shards_) {
        // Behind the connections that the acceptor has just handed to the same thread.
        asio::post(shard->thread().context(), [self, grace, each = shard.get()] {
            each->drain_all("shutting down", grace);
            self->shards_to_drain_.fetch_sub(1);
            self->finish_if_over();
        });
    }
}

void ServerCore::on_grace_over(const Self& self) {
    for (const auto& shard : self->shards_) {
        asio::post(shard->thread().context(), [self, each = shard.get()] {
            const std::string names = each->names_in_flight();
            if (!names.empty()) {
                self->options_->log.warning(
                    "server " + self->endpoint_text_ +
                    ": the grace is over and these have not ended: " + names
                );
            }
            each->close_all();
        });
    }
}

void ServerCore::finish_if_over() {
    if (shards_to_drain_.load() != 0 || connections_.load() != 0 || finishing_.exchange(true))
        return;
    asio::post(shards_.front()->thread().context(), [self = self_.lock()] {
        if (self) finish_stop(self);
    });
}

void ServerCore::finish_stop(const Self& self) {
    self->stopped_.store(true, std::memory_order_release);
    self->grace_timer_->cancel();
    self->silence_timer_->cancel();
    // After a stop no handler begins; those that run have lost their connections already.
    if (self->pool_) self->pool_->stop();
    const auto left = std::make_shared<std::atomic<std::size_t>>(self->shards_.size());
    for (const auto& shard : self->shards_) {
        asio::io_context& context = shard->thread().context();
        asio::post(context, [self, left, &context, each = shard.get()] {
            each->stop_ticking();
            // Behind the handlers that this has aborted: when the last of these runs, nothing on
            // the I/O threads holds the core any more, so whoever waits is the last to do so.
            asio::post(context, [left, ended = self->ended_] {
                if (left->fetch_sub(1) == 1) ended->open();
            });
        });
    }
}

}  // namespace rollcall::rpc
