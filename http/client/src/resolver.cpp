#include "resolver.h"

#include <rollcall/base/catching.h>
#include <rollcall/base/thread.h>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>
#include <utility>

namespace rollcall::http {
namespace {

Result<std::vector<std::string>> system_lookup(const std::string& host) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); code != 0) {
        return Error{
            Errc::resolve_failed, "cannot resolve '" + host + "': " + ::gai_strerror(code)};
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{found, &::freeaddrinfo};
    std::vector<std::string> addresses;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
        std::string text(NI_MAXHOST, '\0');
        const auto size = static_cast<socklen_t>(text.size());
        if (::getnameinfo(
                each->ai_addr, each->ai_addrlen, text.data(), size, nullptr, 0, NI_NUMERICHOST
            ) == 0) {
            addresses.emplace_back(text.c_str());
        }
    }
    return addresses;
}

}  // namespace

// Shared with the thread that looks the answer up; `answer` is written before `done` is raised.
struct Resolver::Question {
    Wake done;
    Result<std::vector<std::string>> answer{std::vector<std::string>{}};
};

Resolver::Resolver(Lookup lookup) : lookup_(lookup ? std::move(lookup) : system_lookup) {
}

Result<std::vector<std::string>> Resolver::resolve(
    const Endpoint& endpoint, const IoBounds& bounds
) {
    if (!endpoint.is_name()) return std::vector<std::string>{endpoint.host()};
    if (!pending_) {
        auto question = std::make_shared<Question>();
        try {
            start_thread("rc-resolve", [question, lookup = lookup_, host = endpoint.host()] {
                // On a thread of its own nobody would catch what a user's lookup throws.
                question->answer = catching(Errc::resolve_failed, [&] { return lookup(host); });
                question->done.raise();
            }).detach();
        } catch (const std::system_error& error) {
            return Error{
                Errc::resolve_failed, std::string{"no thread to resolve on: "} + error.what()};
        }
        pending_ = std::move(question);
    }
    const IoEnd end = wait_ready(pending_->done.descriptor(), POLLIN, bounds);
    if (end == IoEnd::cancelled) return Error{Errc::cancelled, "cancelled"};
    if (!pending_->done.raised()) {
        return Error{Errc::timed_out, "the resolver did not answer for '" + endpoint.host() + "'"};
    }
    const auto question = std::exchange(pending_, nullptr);
    if (question->answer && question->answer->empty()) {
        return Error{Errc::resolve_failed, "'" + endpoint.host() + "' has no address"};
    }
    return std::move(question->answer);
}

}  // namespace rollcall::http
