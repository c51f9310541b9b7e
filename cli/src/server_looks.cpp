#include "server_looks.h"

#include "client_options.h"
#include "target.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace rollcall::cli {
namespace {

auto question(Duration timeout) {
    return rpc::invoke<codec::Raw>("$/stats").idempotent().within(timeout);
}

Result<Json> stats_of(const UntypedResult& answer) {
    if (!answer) return answer.error();
    Json stats = from_message_pack(answer->bytes());
    if (!stats.is_object() || !stats.contains("methods") || !stats.contains("uptime_s"))
        return Error{Errc::invalid_result, "it has no counters to look at"};
    return stats;
}

// One that hangs must not keep the others from being shown.
Duration patience(const Settings& settings) {
    const Duration pace = std::max<Duration>(settings.duration, std::chrono::seconds{1});
    return std::min(settings.timeout, pace);
}

Result<std::vector<ServerLook>> look_at_all(
    discovery::ServiceClient& client, const Settings& settings
) {
    const auto replies = client.broadcast(question(patience(settings)));
    if (replies.error()) return *replies.error();
    std::vector<ServerLook> looks;
    for (const auto& reply : replies)
        looks.push_back({reply.instance.endpoint().to_string(), stats_of(reply.result)});
    const auto answers = [](const ServerLook& look) { return look.stats.has_value(); };
    if (!looks.empty() && std::none_of(looks.begin(), looks.end(), answers))
        return looks.front().stats.error();
    return looks;
}

}  // namespace

bool names_service(const std::string& target) {
    return target.find(':') == std::string::npos;
}

Result<Looker> open_looker(const std::string& target, const Settings& settings) {
    if (names_service(target)) {
        auto client = std::make_shared<discovery::ServiceClient>(
            discover(settings, target), service_options(settings, rpc::IoThreads())
        );
        return Looker{[client, settings] { return look_at_all(*client, settings); }};
    }
    auto opened = open_target(target, settings);
    if (!opened) return opened.error();
    const std::shared_ptr<Target> server = *std::move(opened);
    return Looker{[server, target, settings]() -> Result<std::vector<ServerLook>> {
        Result<Json> stats = stats_of(server->call(question(settings.timeout)));
        if (!stats) return stats.error();
        return std::vector<ServerLook>{{target, std::move(stats)}};
    }};
}

}  // namespace rollcall::cli
