// Whether servers serve.
#include <rollcall/base/log.h>

#include "client_options.h"
#include "commands.h"
#include "output.h"
#include "target.h"

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace rollcall::cli {
namespace {

struct Answer {
    std::string endpoint;
    UntypedResult result;
};

// Of one server, or of every instance of a service.
Result<std::vector<Answer>> ask(const std::string& text, const Settings& settings) {
    auto question = rpc::invoke<codec::Raw>("$/health").idempotent().within(settings.timeout);
    std::vector<Answer> answers;
    if (text.find(':') != std::string::npos) {
        const auto target = open_target(text, settings);
        if (!target) return target.error();
        answers.push_back({text, (*target)->call(std::move(question))});
        return answers;
    }
    discovery::ServiceClient client{
        discover(settings, text), service_options(settings, rpc::IoThreads())};
    const auto replies = client.broadcast(std::move(question));
    if (replies.error()) return *replies.error();
    for (const auto& reply : replies)
        answers.push_back({reply.instance.endpoint().to_string(), reply.result});
    return answers;
}

Json row_of(const Answer& answer) {
    Json row = Json::object();
    row["endpoint"] = answer.endpoint;
    if (!answer.result) {
        row["status"] = "unreachable";
        row["error"] = error_json(answer.result.error());
        return row;
    }
    const Json health = from_message_pack(answer.result->bytes());
    if (!health.is_object() || !health.contains("status")) row["status"] = "unknown";
    for (const auto& [key, value] : health.items())
        row[key] = value;
    return row;
}

std::string cell(const Json& row, const char* key) {
    if (!row.contains(key)) return "-";
    const Json& value = row[key];
    if (value.is_string()) return value.get<std::string>();
    if (value.is_number_float()) return std::to_string(static_cast<long>(value.get<double>()));
    return write_json(value);
}

}  // namespace

int health(const CommandLine& line) {
    const Settings& settings = line.settings;
    const auto answers = ask(line.names[0], settings);
    if (!answers) {
        const Error& why = answers.error();
        return why.code() == Errc::invalid_argument ? misuse(why.message()) : fail(settings, why);
    }
    bool all_serve = !answers->empty();
    Json list = Json::array();
    std::vector<std::vector<std::string>> table{
        {"ENDPOINT", "STATUS", "NAME", "UPTIME", "CONNECTIONS", "IN FLIGHT"}};
    for (const Answer& answer : *answers) {
        Json row = row_of(answer);
        all_serve = all_serve && row["status"] == "serving";
        table.push_back(
            {answer.endpoint,
             cell(row, "status"),
             cell(row, "name"),
             row.contains("uptime_s") ? cell(row, "uptime_s") + " s" : "-",
             cell(row, "connections"),
             cell(row, "in_flight")}
        );
        list.push_back(std::move(row));
    }
    settings.json ? print_json(list) : print_table(table);
    std::fflush(stdout);
    for (const Answer& answer : *answers) {
        if (answer.result || settings.json) continue;
        const std::string why = answer.result.error().to_string();
        std::fprintf(stderr, "rollcall: %s\n", printable(why, 4096).c_str());
    }
    return all_serve ? kOk : kFailed;
}

}  // namespace rollcall::cli
