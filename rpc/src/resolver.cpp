#include "resolver.h"

#include <rollcall/base/thread.h>

#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <netdb.h>
#include <optional>
#include <string>

namespace rollcall::rpc {
namespace {

constexpr std::size_t kMaxThreads = 4;
constexpr std::size_t kMaxWaiting = 4096;

// Port 0 in all of them.
Result<Addresses> look_up(const std::string& host) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (error != 0) {
        return Error{
            Errc::resolve_failed, "cannot resolve '" + host + "': " + ::gai_strerror(error)};
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{found, &::freeaddrinfo};
    Addresses addresses;
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
        asio::ip::tcp::endpoint address;
        if (entry->ai_addrlen > address.capacity()) continue;
        std::memcpy(address.data(), entry->ai_addr, entry->ai_addrlen);
        address.resize(entry->ai_addrlen);
        addresses.push_back(address);
    }
    if (addresses.empty()) {
        return Error{Errc::resolve_failed, "'" + host + "' has no address"};
    }
    return addresses;
}

// One lookup per name at a time: whoever asks for a name that is being looked up waits for that
// answer, so that one name server that hangs takes one thread, however often its name is tried.
class LookupPool {
public:
    using Done = std::function<void(const Result<Addresses>&)>;

    // Never destroyed: a hung thread may come back at any time.
    static LookupPool& instance() {
        static auto* const kPool = new LookupPool;
        return *kPool;
    }

    // Nothing, or why the name will not be looked up.
    [[nodiscard]] std::optional<std::string> submit(const std::string& host, Done done) {
        const std::lock_guard lock{mutex_};
        if (waiting_ >= kMaxWaiting) return "too many names wait for the resolver";
        if (const auto under_way = lookups_.find(host); under_way != lookups_.end()) {
            under_way->second.push_back(std::move(done));
            ++waiting_;
            return std::nullopt;
        }
        if (idle_ <= queue_.size() && threads_ < kMaxThreads) {
            auto problem = start_one();
            // Where others work already, one of them will come to it.
            if (problem && threads_ == 0) return problem;
        }
        lookups_[host].push_back(std::move(done));
        queue_.push_back(host);
        ++waiting_;
        changed_.notify_one();
        return std::nullopt;
    }

private:
    // Nothing, or why there is no further thread.
    [[nodiscard]] std::optional<std::string> start_one() {
        try {
            start_thread("rollcall-dns", [this] { work(); }).detach();
            ++threads_;
            return std::nullopt;
        } catch (const std::exception& error) {
            return std::string{"no thread can be started: "} + error.what();
        }
    }

    [[noreturn]] void work() {
        std::unique_lock lock{mutex_};
        for (;;) {
            ++idle_;
            changed_.wait(lock, [this] { return !queue_.empty(); });
            --idle_;
            const std::string host = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            const Result<Addresses> found = look_up(host);
            lock.lock();
            const auto asked = std::move(lookups_.extract(host).mapped());
            waiting_ -= asked.size();
            lock.unlock();
            for (const Done& done : asked)
                done(found);
            lock.lock();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, std::vector<Done>> lookups_;  // queued or under way: who waits for them
    std::deque<std::string> queue_;                     // those that no thread has taken yet
    std::size_t waiting_ = 0;                           // in all of lookups_
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

void resolve(const Endpoint& endpoint, const std::function<void(Result<Addresses>)>& done) {
    const auto with_port = [done, port = endpoint.port()](Result<Addresses> found) {
        if (found) {
            for (auto& address : *found)
                address.port(port);
        }
        done(std::move(found));
    };
    if (auto problem = LookupPool::instance().submit(endpoint.host(), with_port))
        done(Error{Errc::resolve_failed, std::move(*problem)});
}

}  // namespace rollcall::rpc
