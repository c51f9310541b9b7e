#include "client_options.h"
#include "commands.h"
#include "invocation.h"
#include "output.h"

#include <chrono>
#include <string>
#include <utility>

namespace rollcall::cli {
namespace {

using Replies = discovery::BroadcastResult<codec::Raw>;

std::string milliseconds(Duration elapsed) {
    const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed);
    return std::to_string(whole.count()) + " ms";
}

void print_for_machines(const Replies& replies) {
    Json list = Json::array();
    for (const auto& reply : replies) {
        Json row = Json::object();
        row["id"] = reply.instance.id;
        row["endpoint"] = reply.instance.endpoint().to_string();
        row["elapsed_ms"] = std::chrono::duration<double, std::milli>{reply.elapsed}.count();
        if (reply.result) {
            row["result"] = from_message_pack(reply.result->bytes());
        } else {
            row["error"] = error_json(reply.result.error());
        }
        list.push_back(std::move(row));
    }
    print_json(list);
}

void print_for_people(const Replies& replies) {
    std::vector<std::vector<std::string>> rows{{"INSTANCE", "AFTER", "OUTCOME"}};
    for (const auto& reply : replies) {
        rows.push_back(
            {reply.instance.id,
             milliseconds(reply.elapsed),
             reply.result ? write_json(from_message_pack(reply.result->bytes()))
                          : "failed: " + reply.result.error().message()}
        );
    }
    print_table(rows);
    print_line(
        std::to_string(replies.succeeded()) + " of " + std::to_string(replies.size()) +
        " instances answered"
    );
}

}  // namespace

int broadcast(const CommandLine& line) {
    const Settings& settings = line.settings;
    auto invocation = invocation_of(line);
    if (!invocation) return misuse(invocation.error().message());
    discovery::ServiceClient client{
        discover(settings, line.names[0]), service_options(settings, rpc::IoThreads())};
    const Replies replies = client.broadcast(*std::move(invocation));
    if (replies.error()) return fail(settings, *replies.error());
    if (settings.json) {
        print_for_machines(replies);
    } else {
        print_for_people(replies);
    }
    return replies.ok() ? kOk : kFailed;
}

}  // namespace rollcall::cli
