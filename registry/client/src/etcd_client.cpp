#include "etcd_client.h"

#include <rollcall/base/log.h>
#include <rollcall/base/random.h>

#include "answer.h"

#include <utility>

namespace rollcall::registry {
namespace {

constexpr std::string_view kInvalidToken = "invalid auth token";
constexpr std::string_view kOldToken = "revision of auth store is old";

// The member's fault and not the request's: another one may do better.
bool is_passing(int code) {
    switch (code) {
        case 1:   // cancelled
        case 2:   // unknown
        case 4:   // deadline exceeded
        case 8:   // exhausted
        case 13:  // internal
        case 14:  // unavailable: no leader, time-out, stopped, ...
            return true;
        default:
            return false;
    }
}

// What to do, where etcd's own words do not tell.
std::string_view hint_for(std::string_view reason, bool has_user) {
    const auto says = [&](std::string_view part) { return reason.find(part) != reason.npos; };
    if (says("user name is empty"))
        return " (it asks for a user: add ?user=NAME to its URL and give the password as the "
               "token)";
    if (says("authentication failed"))
        return " (is ?user= of its URL right, and the token the password of that user?)";
    if (says("permission denied"))
        return " (grant the user's role read and, for servers, write on the keys of the URL)";
    if (says(kInvalidToken) && !has_user)
        return " (without ?user= in its URL the token is taken for one that etcd has issued)";
    return "";
}

// The first line: unary answers have one, and the streams that are asked for one answer too.
Json json_of(const std::string& body) {
    return Json::parse(body.substr(0, body.find('\n')), nullptr, /*allow_exceptions=*/false);
}

// Cuts what comes into lines.
class Lines {
public:
    Lines(const EtcdClient::OnLine& on_line, std::size_t bytes_max)
        : on_line_(on_line), bytes_max_(bytes_max) {}

    std::optional<Deadline> take(std::string_view piece, Deadline deadline) {
        while (!piece.empty()) {
            const auto end = std::min(piece.find('\n'), piece.size());
            too_long_ = end > bytes_max_ - line_.size();
            if (too_long_) return std::nullopt;
            line_ += piece.substr(0, end);
            if (end == piece.size()) break;
            piece.remove_prefix(end + 1);
            const auto next = finish();
            if (!next) return std::nullopt;
            deadline = *next;
        }
        return deadline_ = deadline;
    }

    // The last one may have no end.
    std::optional<Deadline> finish() {
        const std::string line = std::exchange(line_, {});
        return line.empty() ? deadline_ : on_line_(line);
    }

    void start(Deadline deadline) { deadline_ = deadline; }

    [[nodiscard]] Deadline deadline() const { return deadline_; }

    [[nodiscard]] bool too_long() const { return too_long_; }

private:
    const EtcdClient::OnLine& on_line_;
    std::size_t bytes_max_;
    std::string line_;
    Deadline deadline_;
    bool too_long_ = false;
};

}  // namespace

EtcdClient::EtcdClient(EtcdAccess access)
    : at_(static_cast<std::size_t>(random_below(access.members.size()))),
      line_bytes_max_(access.http.body_bytes_max),
      user_(std::move(access.user)),
      secret_(std::move(access.secret)) {
    access.http.bearer_token.clear();  // etcd takes its tokens without that word
    for (http::Url& member : access.members)
        members_.push_back(std::make_unique<http::Client>(std::move(member), access.http));
}

void EtcdClient::next() {
    at_ = (at_ + 1) % members_.size();
}

std::string EtcdClient::request_name(std::string_view path) const {
    std::string name = "POST " + members_[at_]->url().to_string();
    return name += path;
}

template <class Ask>
auto EtcdClient::ask_each(Deadline deadline, const std::stop_token& stop, Ask&& ask)
    -> decltype(ask(Deadline{})) {
    for (std::size_t left = members_.size();;) {
        const TimePoint now = SteadyClock::now();
        const Deadline share =
            deadline.is_never()
                ? deadline
                : Deadline::in(deadline.remaining(now) / static_cast<std::int64_t>(left), now);
        auto answer = ask(share);
        if (answer || answer.error().code() == Errc::cancelled) return answer;
        next();
        if (--left == 0 || stop.stop_requested() || deadline.expired()) return answer;
    }
}

Result<EtcdAnswer> EtcdClient::call(
    std::string_view path, const Json& body, Deadline deadline, const std::stop_token& stop
) {
    const std::string text = body.dump();
    return ask_each(deadline, stop, [&](Deadline share) {
        return ask(path, text, nullptr, share, stop);
    });
}

Result<EtcdAnswer> EtcdClient::lines(
    std::string_view path,
    const std::string& body,
    const OnLine& on_line,
    Deadline deadline,
    const std::stop_token& stop
) {
    return ask(path, body, &on_line, deadline, stop);
}

Result<std::string> EtcdClient::local_address(Deadline deadline, const std::stop_token& stop) {
    auto address = ask_each(deadline, stop, [&](Deadline share) {
        return members_[at_]->local_address(share, stop);
    });
    if (!address) return unreachable(address.error());
    return address;
}

bool EtcdClient::must_log_in_again(std::string_view reason) {
    const bool unknown =
        reason.find(kInvalidToken) != reason.npos || reason.find(kOldToken) != reason.npos;
    return unknown && forget_token();
}

bool EtcdClient::forget_token() {
    token_.clear();
    return !user_.empty();
}

// Once more after a new log-in, if it takes that.
Result<EtcdAnswer> EtcdClient::ask(
    std::string_view path,
    const std::string& body,
    const OnLine* on_line,
    Deadline deadline,
    const std::stop_token& stop
) {
    for (bool again = false;; again = true) {
        if (auto in = log_in(deadline, stop); !in) return in.error();
        auto response = send(path, body, on_line, deadline, stop);
        if (!response) return response.error();
        if (on_line != nullptr && response->ok()) return EtcdAnswer{};
        EtcdAnswer answer;
        answer.body = json_of(response->body());
        const Json& error = member_of(answer.body, "error");
        if (response->ok() && answer.body.is_object() && error.is_null()) {
            // What is streamed is wrapped once more.
            if (const Json& result = member_of(answer.body, "result"); result.is_object())
                answer.body = Json(result);
            return answer;
        }
        const Json& failure = error.is_object() ? error : answer.body;
        const auto code = number_in(failure, error.is_object() ? "grpc_code" : "code");
        const std::string reason = text_in(failure, "message");
        // No etcd, or something in front of it.
        if (code == 0 || reason.empty()) return refused(request_name(path), *response);
        if (!again && must_log_in_again(reason)) continue;
        answer.code = static_cast<int>(code);
        answer.sentence = request_name(path) + ": etcd answered: " + printable(reason);
        answer.sentence += hint_for(reason, !user_.empty());
        if (is_passing(answer.code)) return Error{Errc::registry_failed, answer.sentence};
        return answer;
    }
}

Result<void> EtcdClient::log_in(Deadline deadline, const std::stop_token& stop) {
    if (user_.empty() || !token_.empty()) return {};
    constexpr std::string_view kPath = "/v3/auth/authenticate";
    const Json body{{"name", user_}, {"password", secret_}};
    auto response = send(kPath, body.dump(), nullptr, deadline, stop);
    if (!response) return response.error();
    const Json json = json_of(response->body());
    token_ = text_in(json, "token");
    if (response->ok() && !token_.empty()) return {};
    const std::string reason = text_in(json, "message");
    // A cluster that asks for nobody's name needs no token.
    if (reason.find("authentication is not enabled") != reason.npos) return {};
    const Error error = refused(request_name(kPath), *response);
    return Error{Errc::registry_failed, error.message() + std::string{hint_for(reason, true)}};
}

Result<EtcdClient::Answer> EtcdClient::send(
    std::string_view path,
    const std::string& body,
    const OnLine* on_line,
    Deadline deadline,
    const std::stop_token& stop
) {
    http::HeaderList headers{{"Content-Type", "application/json"}};
    const std::string& token = user_.empty() ? secret_ : token_;
    if (!token.empty()) headers.emplace_back("Authorization", token);
    http::Client& member = *members_[at_];
    if (on_line == nullptr) {
        auto answer = member.request("POST", path, headers, body, deadline, stop);
        if (!answer) return unreachable(answer.error());
        return answer;
    }
    // A member that is cut off from its leader would keep the answer open and say nothing.
    headers.emplace_back("Grpc-Metadata-hasleader", "true");
    Lines lines{*on_line, line_bytes_max_};
    lines.start(deadline);
    auto answer = member.stream(
        "POST",
        path,
        headers,
        body,
        [&](std::string_view piece) { return lines.take(piece, lines.deadline()); },
        deadline,
        stop
    );
    if (lines.too_long()) {
        return Error{
            Errc::registry_failed,
            request_name(path) + ": a line of the answer is longer than " +
                std::to_string(line_bytes_max_) + " bytes"};
    }
    if (answer) (void)lines.finish();
    // Whose deadline has passed is the caller's to tell.
    if (!answer && answer.error().code() != Errc::timed_out) return unreachable(answer.error());
    return answer;
}

}  // namespace rollcall::registry
