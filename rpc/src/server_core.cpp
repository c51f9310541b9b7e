#include "server_core.h"

#include "server_options.h"

#include <asio/post.hpp>

#include <algorithm>
#include <stdexcept>

namespace rollcall::rpc {
namespace {

// An I/O thread that has not answered for this long is dead to the registrar.
constexpr Duration kProbePatience = std::chrono::seconds{1};

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
      close_warnings_(options_->max_close_warnings),
      methods_(std::make_shared<MethodTable>()),
      host_(std::make_shared<HandlerHost>()),
      endpoint_text_(listen_.to_string()),
      endpoint_(listen_) {
    host_->methods = methods_;
    host_->log = options_->log;
    host_->budget = std::make_shared<RequestBudget>(options_->max_request_bytes);
    for (const MiddlewarePtr& layer : options_->middleware)
        use(layer);
    host_->load->max_queued = options_->max_pool_queue;
    host_->load->max_wait = options_->max_queue_time;
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

void ServerCore::set_on_connect(HandlerRegistry::Connected connected) {
    const std::lock_guard lock{mutex_};
    if (started_) throw std::logic_error{"on_connect() must be set before the server starts"};
    host_->on_connect = std::move(connected);
}

void ServerCore::set_on_disconnect(HandlerRegistry::Disconnected disconnected) {
    const std::lock_guard lock{mutex_};
    if (started_) throw std::logic_error{"on_disconnect() must be set before the server starts"};
    host_->on_disconnect = std::move(disconnected);
}

void ServerCore::use(MiddlewarePtr layer) {
    if (!layer) throw std::invalid_argument{"a layer must not be null"};
    const std::lock_guard lock{mutex_};
    if (started_) throw std::logic_error{"middleware must be added before the server starts"};
    host_->middleware.push_back(std::move(layer));
}

void ServerCore::start(const Self& self) {
    const std::lock_guard lock{self->mutex_};
    if (self->started_ || self->stopping_) throw std::logic_error{"a server starts once"};
    try {
        self->make_parts();
    } catch (...) {
        self->drop_parts();
        throw;
    }
    self->methods_->add_introspection();
    if (!self->host_->middleware.empty()) self->methods_->add_fallback();
    self->begin_counting();
    self->started_ = true;
    for (const auto& shard : self->shards_) {
        asio::post(shard->thread().context(), [self, each = shard.get()] {
            each->start_ticking(self);
        });
    }
    asio::post(self->shards_.front()->thread().context(), [self] {
        Acceptor::start(self->acceptor_, [self] { return self->next_target(self); });
    });
}

void ServerCore::make_parts() {
    io_ = options_->io ? options_->io : IoThreads{options_->io_threads, options_->log};
    acceptor_ = std::make_shared<Acceptor>(io_.at(0), listen_, options_->unix_mode, options_->log);
    endpoint_ = acceptor_->endpoint();
    endpoint_text_ = endpoint_.to_string();
    if (options_->tls.enabled()) {
        tls_ = std::make_shared<ServerTls>(options_->tls, options_->log, endpoint_text_);
        if (const auto read = tls_->reload(); !read)
            throw std::invalid_argument{"ServerOptions::tls: " + read.error().message()};
    }
    for (std::size_t i = 0; i < io_.size(); ++i) {
        shards_.push_back(std::make_unique<ServerShard>(*this, io_.at(i)));
    }
    probes_.resize(io_.size());
    auto& context = io_.at(0)->context();
    grace_timer_ = std::make_unique<asio::steady_timer>(context);
    silence_timer_ = std::make_unique<asio::steady_timer>(context);
    if (methods_->needs_pool()) {
        pool_ = std::make_unique<HandlerPool>(options_->pool_threads, options_->log);
        host_->pool = pool_->executor();
    }
    if (options_->watchdog_threshold > Duration::zero()) {
        std::vector<std::shared_ptr<IoThread>> threads;
        for (std::size_t i = 0; i < io_.size(); ++i)
            threads.push_back(io_.at(i));
        watchdog_ = std::make_unique<Watchdog>(
            std::move(threads), methods_, options_->watchdog_threshold, options_->log
        );
    }
}

void ServerCore::drop_parts() {
    watchdog_.reset();
    pool_.reset();
    tls_.reset();
    silence_timer_.reset();
    grace_timer_.reset();
    probes_.clear();
    shards_.clear();
    acceptor_.reset();
    io_ = {};
    endpoint_ = listen_;
    endpoint_text_ = listen_.to_string();
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
    stats.in_flight_bytes = host_->budget->bytes();
    for (const auto& shard : shards_) {
        const ServerShard::Counters& counters = shard->counters;
        stats.requests += counters.requests.load(std::memory_order_relaxed);
        stats.protocol_errors += counters.protocol_errors.load(std::memory_order_relaxed);
        stats.unauthenticated += counters.unauthenticated.load(std::memory_order_relaxed);
        stats.dropped_notifications +=
            counters.dropped_notifications.load(std::memory_order_relaxed);
        stats.bytes_read += counters.bytes_read.load(std::memory_order_relaxed);
        stats.bytes_written += counters.bytes_written.load(std::memory_order_relaxed);
        stats.failed_handshakes += counters.failed_handshakes.load(std::memory_order_relaxed);
        stats.lost_peers += counters.lost_peers.load(std::memory_order_relaxed);
    }
    stats.dropped_notifications +=
        host_->load->dropped_notifications.load(std::memory_order_relaxed);
    stats.overloaded = host_->load->overloaded.load(std::memory_order_relaxed);
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
    return {io_.at(index), [self, shard = shards_[index].get()](StreamSocket socket) {
                self->adopt(self, *shard, std::move(socket));
            }};
}

void ServerCore::adopt(const Self& self, ServerShard& shard, StreamSocket socket) {
    accepted_.fetch_add(1, std::memory_order_relaxed);
    // Counted here, not on its thread: a stop must not miss a connection that is on its way there.
    if (connections_.fetch_add(1) >= options_->max_connections) {
        if (refused_.fetch_add(1, std::memory_order_relaxed) == 0) {
            options_->log.warning(
                "server " + endpoint_text_ + ": max_connections are open; more are closed at once"
            );
        }
        connections_.fetch_sub(1);
        return refuse(self, shard, std::move(socket));
    }
    // std::function must be copyable, a socket is not; post() moves.
    asio::post(shard.thread().context(), [self, &shard, socket = std::move(socket)]() mutable {
        shard.adopt(std::move(socket));
    });
}

void ServerCore::refuse(const Self& self, ServerShard& shard, StreamSocket socket) {
    // Nothing can be said without a handshake, which is what there is no room for.
    if (self->tls_) return;
    asio::post(shard.thread().context(), [self, &shard, socket = std::move(socket)]() mutable {
        if (!self->is_stopped()) shard.refuse(std::move(socket));
    });
}

void ServerCore::release(std::size_t bytes) noexcept {
    if (!host_->budget->release(bytes)) return;
    for (const auto& shard : shards_) {
        asio::post(shard->thread().context(), [self = self_.lock(), each = shard.get()] {
            if (self) each->resume_starved();
        });
    }
}

std::size_t ServerCore::max_held_bytes_of_shard() const noexcept {
    return std::max(
        options_->max_held_bytes / shards_.size(), 2 * options_->limits.max_message_bytes
    );
}

std::size_t ServerCore::max_handshakes_of_shard() const noexcept {
    return std::max<std::size_t>(options_->max_handshakes / shards_.size(), 1);
}

std::size_t ServerCore::max_refusals_of_shard() const noexcept {
    return std::max<std::size_t>(options_->max_refusals / shards_.size(), 1);
}

Result<void> ServerCore::reload_tls() {
    std::shared_ptr<ServerTls> tls;
    {
        const std::lock_guard lock{mutex_};
        tls = tls_;
    }
    return tls ? tls->reload() : Result<void>{};
}

void ServerCore::on_tick(const ServerShard& shard, TimePoint now) {
    if (&shard != shards_.front().get()) return;
    log_unnamed_closes(now);
    if (!tls_ || now < next_tls_look_) return;
    next_tls_look_ = now + options_->tls_look_interval;
    tls_->look();
}

bool ServerCore::may_warn_of_close() {
    return close_warnings_.take(SteadyClock::now());
}

void ServerCore::log_unnamed_closes(TimePoint now) {
    const std::size_t count = close_warnings_.take_left_out(now);
    if (count == 0) return;
    options_->log.warning(
        "server " + endpoint_text_ + ": closed " + std::to_string(count) +
        " more connections for what they did or failed to do; at most " +
        std::to_string(options_->max_close_warnings) + " each second are named"
    );
}

void ServerCore::connection_closed() {
    connections_.fetch_sub(1);
    finish_if_over();
}

Duration ServerCore::tick_interval() const noexcept {
    const bool asks = options_->keepalive_interval > Duration::zero();
    const Duration alive = asks
                               ? std::min(options_->keepalive_interval, options_->keepalive_timeout)
                               : options_->idle_timeout;
    const Duration shortest = std::min(
        {alive,
         options_->first_byte_timeout,
         options_->stall_timeout,
         options_->idle_timeout,
         options_->handshake_timeout,
         options_->refusal_timeout,
         options_->tls_look_interval}
    );
    return std::clamp<Duration>(
        shortest / 4, std::chrono::milliseconds{5}, std::chrono::milliseconds{500}
    );
}

}  // namespace rollcall::rpc
