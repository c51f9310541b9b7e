#include "resolver.h"

#include <rollcall/base/thread.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <netdb.h>

namespace rollcall::rpc {
namespace {

constexpr std::size_t kMaxThreads = 4;
constexpr std::size_t kMaxQueued = 4096;

Result<Addresses> look_up(const Endpoint& endpoint) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(endpoint.host().c_str(), nullptr, &hints, &found);
    if (error != 0) {
        return Error{
            Errc::resolve_failed,
            "cannot resolve '" + endpoint.host() + "': " + ::gai_strerror(error)};
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{found, &::freeaddrinfo};
    Addresses addresses;
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
        asio::ip::tcp::endpoint address;
        if (entry->ai_addrlen > address.capacity()) continue;
        std::memcpy(address.data(), entry->ai_addr, entry->ai_addrlen);
        address.resize(entry->ai_addrlen);
        address.port(endpoint.port());
        addresses.push_back(address);
    }
    if (addresses.empty()) {
        return Error{Errc::resolve_failed, "'" + endpoint.host() + "' has no address"};
    }
    return addresses;
}

class LookupPool {
public:
    // Never destroyed: a hung thread may come back at any time.
    static LookupPool& instance() {
        static auto* const pool = new LookupPool;
        return *pool;
    }

    [[nodiscard]] bool submit(std::function<void()> job) {
        const std::lock_guard lock{mutex_};
        if (jobs_.size() >= kMaxQueued) return false;
        jobs_.push_back(std::move(job));
        if (idle_ < jobs_.size() && threads_ < kMaxThreads) {
            start_thread("rollcall-dns", [this] { work(); }).detach();
            ++threads_;
        }
        changed_.notify_one();
        return true;
    }

private:
    [[noreturn]] void work() {
        std::unique_lock lock{mutex_};
        for (;;) {
            ++idle_;
            changed_.wait(lock, [this] { return !jobs_.empty(); });
            --idle_;
            {
                const auto job = std::move(jobs_.front());
                jobs_.pop_front();
                lock.unlock();
                job();
            }
            lock.lock();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> jobs_;
    std::size_t threads_ = 0;
    std::size_t idle_ = 0;
};

}  // namespace

Addresses literal_address(const Endpoint& endpoint) {
    asio::error_code ec;
    const auto address = asio::ip::make_address(endpoint.host(), ec);
    if (ec) return {};
    return {asio::ip::tcp::endpoint{address, endpoint.port()}};
}

void resolve(const Endpoint& endpoint, std::function<void(Result<Addresses>)> done) {
    const bool taken = LookupPool::instance().submit([endpoint, done] { done(look_up(endpoint)); });
    if (!taken) done(Error{Errc::resolve_failed, "too many names wait for the resolver"});
}

}  // namespace rollcall::rpc
