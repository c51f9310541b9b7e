#include <rollcall/base/log.h>
#include <rollcall/http/client.h>

#include "exchange.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <strings.h>
#include <utility>

namespace rollcall::http {
namespace {

constexpr std::string_view kSpeaks = "Authorization";

bool same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// What would end the line early and let a value speak for a header of its own.
bool breaks_line(std::string_view text) {
    return text.find_first_of(std::string_view{"\r\n\0", 3}) != std::string_view::npos;
}

bool breaks_target(char c) {
    return c <= 0x20 || c >= 0x7f;
}

std::optional<std::string> problem_of(const Outgoing& outgoing) {
    if (outgoing.method.empty() ||
        std::any_of(outgoing.method.begin(), outgoing.method.end(), breaks_target)) {
        return "the method is not valid";
    }
    if (std::any_of(outgoing.target.begin(), outgoing.target.end(), breaks_target)) {
        return "the path holds a blank, a control character or a byte that is not ASCII; encode it";
    }
    for (const auto& [name, value] : outgoing.headers) {
        if (name.empty() || name.find(':') != std::string::npos || breaks_line(name) ||
            breaks_line(value)) {
            return "header '" + printable(name) + "' holds a line break or is not valid";
        }
    }
    return std::nullopt;
}

}  // namespace

Client::Response::Response(int status, HeaderList headers, std::string body)
    : status_(status), headers_(std::move(headers)), body_(std::move(body)) {
}

std::optional<std::string_view> Client::Response::header(std::string_view name) const {
    for (const auto& [key, value] : headers_) {
        if (same_name(key, name)) return value;
    }
    return std::nullopt;
}

class Client::Core {
public:
    Core(Url base, const ClientOptions& options)
        : url_(std::move(base)), token_(options.bearer_token), exchange_(url_, options) {}

    // Runs `work(exchange, bounds)` when it is this caller's turn.
    template <class Work>
    auto run(Deadline deadline, const std::stop_token& stop, Work work)
        -> decltype(work(std::declval<Exchange&>(), std::declval<const IoBounds&>())) {
        Wake wake;
        const auto interrupt = [this, &wake] {
            wake.raise();
            const std::lock_guard lock{mutex_};
            turn_.notify_all();
        };
        const std::stop_callback on_stop{stop, interrupt};
        const std::stop_callback on_cancel{cancelled_.get_token(), interrupt};
        {
            std::unique_lock lock{mutex_};
            const auto ready = [&] { return !busy_ || wake.raised(); };
            if (deadline.is_never()) {
                turn_.wait(lock, ready);
            } else if (!turn_.wait_until(lock, deadline.point(), ready)) {
                return Error{Errc::timed_out, "an earlier request was still under way"};
            }
            if (wake.raised()) return Error{Errc::cancelled, "cancelled"};
            busy_ = true;
        }
        const Turn turn{*this};
        return work(exchange_, IoBounds{deadline, wake});
    }

    // Adds the token, if there is one and nothing else speaks for the caller.
    void authorize(HeaderList& headers) const {
        if (token_.empty()) return;
        const auto speaks = [](const auto& header) { return same_name(header.first, kSpeaks); };
        if (std::any_of(headers.begin(), headers.end(), speaks)) return;
        headers.emplace_back(kSpeaks, "Bearer " + token_);
    }

    void cancel() { cancelled_.request_stop(); }

    [[nodiscard]] const Url& url() const { return url_; }

private:
    // Given back however the work ends.
    struct Turn {
        Core& core;

        ~Turn() {
            const std::lock_guard lock{core.mutex_};
            core.busy_ = false;
            core.turn_.notify_all();
        }
    };

    Url url_;
    const std::string token_;
    Exchange exchange_;  // used by the caller that set busy_
    std::stop_source cancelled_;
    std::mutex mutex_;
    std::condition_variable turn_;
    bool busy_ = false;
};

Client::Client(Url base, const ClientOptions& options)
    : core_(std::make_unique<Core>(std::move(base), options)) {
}

Client::~Client() = default;

Result<Client::Response> Client::request(
    std::string_view method,
    std::string_view path,
    const HeaderList& headers,
    std::string body,
    Deadline deadline,
    const std::stop_token& stop
) {
    return stream(method, path, headers, std::move(body), {}, deadline, stop);
}

Result<Client::Response> Client::stream(
    std::string_view method,
    std::string_view path,
    const HeaderList& headers,
    std::string body,
    Receive receive,
    Deadline deadline,
    const std::stop_token& stop
) {
    const TimePoint begun = SteadyClock::now();
    std::string target = core_->url().path() + std::string{path};
    if (target.empty() || target.front() != '/') target.insert(0, 1, '/');
    Outgoing outgoing{
        std::string{method}, std::move(target), headers, std::move(body), std::move(receive)};
    core_->authorize(outgoing.headers);
    const std::string name = printable(outgoing.method) + " " + core_->url().origin() +
                             printable(outgoing.target) + ": ";
    if (const auto problem = problem_of(outgoing)) {
        return Error{Errc::invalid_argument, name + *problem};
    }
    auto answer = core_->run(deadline, stop, [&](Exchange& exchange, const IoBounds& bounds) {
        return exchange.send(outgoing, bounds);
    });
    if (answer) return answer;
    std::string message = name + answer.error().message();
    if (answer.error().code() == Errc::timed_out) {
        const auto waited = SteadyClock::now() - begun;
        const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(waited).count();
        message += "; timed out after " + std::to_string(ms) + " ms";
    }
    return Error{answer.error().code(), std::move(message)};
}

Result<std::string> Client::local_address(Deadline deadline, const std::stop_token& stop) {
    auto address = core_->run(deadline, stop, [](Exchange& exchange, const IoBounds& bounds) {
        return exchange.local_address(bounds);
    });
    if (address) return address;
    return Error{
        address.error().code(), core_->url().to_string() + ": " + address.error().message()};
}

void Client::cancel() {
    core_->cancel();
}

const Url& Client::url() const noexcept {
    return core_->url();
}

}  // namespace rollcall::http
