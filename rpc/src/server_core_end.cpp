// How a server ends: within its grace, then at once.

#include "server_core.h"

#include <asio/post.hpp>

#include <algorithm>

namespace rollcall::rpc {
namespace {

// How long a stop waits for peers that have connected but not said a word: their first bytes may
// be on their way, and a call among them is answered or told that it was not executed.
constexpr Duration kSilencePatience = std::chrono::milliseconds{100};
// How long a stop waits, beyond its grace, for I/O threads that do not answer.
constexpr Duration kStopPatience = std::chrono::seconds{5};
// A longer grace than this is no different from for ever, and its end can be counted.
constexpr Duration kLongestGrace = std::chrono::hours{24 * 365};

}  // namespace

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
    if (sooner) asio::post(self->shards_.front()->thread().context(), [self] { arm_grace(self); });
    if (on_pool || IoThreads::on_io_thread()) return;
    if (!ended->wait(Deadline::at(ends + kStopPatience))) {
        self->options_->log.error(
            "server " + self->endpoint_text_ + ": its I/O threads do not answer the stop"
        );
    }
}

void ServerCore::begin_stop(const Self& self, Duration grace) {
    asio::post(self->shards_.front()->thread().context(), [self, grace] {
        Acceptor::close(self->acceptor_, [self, grace] {
            drain_shards(self, grace);
            arm_grace(self);
            arm_silence(self, std::min(grace, kSilencePatience));
        });
    });
}

void ServerCore::arm_silence(const Self& self, Duration patience) {
    self->silence_timer_->expires_after(patience);
    self->silence_timer_->async_wait([self](const asio::error_code& ec) {
        if (ec) return;
        for (const auto& shard : self->shards_) {
            asio::post(shard->thread().context(), [self, each = shard.get()] {
                each->drain_silent();
            });
        }
    });
}

void ServerCore::arm_grace(const Self& self) {
    if (self->is_stopped()) return;
    {
        // Read here: of two stops the shorter grace wins, whichever comes first to this thread.
        const std::lock_guard lock{self->mutex_};
        self->grace_timer_->expires_at(self->grace_ends_);
    }
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
    {
        // What list_connections() has posted by now runs before what is posted below.
        const std::lock_guard lock{self->mutex_};
        self->stopped_.store(true, std::memory_order_release);
    }
    self->grace_timer_->cancel();
    self->silence_timer_->cancel();
    self->log_unnamed_closes(TimePoint::max());
    // After a stop no handler begins; those that run have lost their connections already.
    if (self->pool_) self->pool_->stop();
    using Loops = std::vector<std::shared_ptr<IoThread>>;
    const auto loops = std::make_shared<Loops>();
    for (const auto& shard : self->shards_)
        loops->push_back(shard->shared_thread());
    const auto turns = std::make_shared<std::atomic<std::size_t>>(loops->size());
    const auto last_turns = std::make_shared<std::atomic<std::size_t>>(loops->size());
    // Behind the handlers that were told to stop: those have had their turn to end, and none goes
    // on after it. Then once more, in case one is running on another thread: when the last of these
    // runs, nothing on the I/O threads holds the core any more, so whoever waits is the last to do
    // so.
    const auto second = [loops, last_turns, load = self->host_->load, ended = self->ended_] {
        load->over.store(true, std::memory_order_release);
        for (const auto& loop : *loops) {
            asio::post(loop->context(), [last_turns, ended] {
                if (last_turns->fetch_sub(1) == 1) ended->open();
            });
        }
    };
    for (const auto& shard : self->shards_) {
        asio::io_context& context = shard->thread().context();
        asio::post(context, [self, &context, turns, second, each = shard.get()] {
            each->stop_ticking();
            asio::post(context, [turns, second] {
                if (turns->fetch_sub(1) == 1) second();
            });
        });
    }
}

}  // namespace rollcall::rpc
