// The commands that call one method once.
#include <rollcall/rpc/call.h>

#include "commands.h"
#include "output.h"
#include "target.h"

#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace rollcall::cli {

int call(const CommandLine& line) {
    const Settings& settings = line.settings;
    auto invocation = invocation_of(line);
    if (!invocation) return misuse(invocation.error().message());
    const auto target = open_target(line.names[0], settings);
    if (!target) return misuse(target.error().message());
    const UntypedResult result = (*target)->call(*std::move(invocation));
    if (!result) return fail(settings, result.error());
    print_json(from_message_pack(result->bytes()));
    return kOk;
}

int methods(const CommandLine& line) {
    const Settings& settings = line.settings;
    const auto target = open_target(line.names[0], settings);
    if (!target) return misuse(target.error().message());
    using Row = std::tuple<std::string, std::string, bool>;
    // Every Rollcall server answers this; plain peers have no such method.
    const UntypedResult result =
        (*target)->call(rpc::invoke<codec::Raw>("$/methods").idempotent().within(settings.timeout));
    if (!result) return fail(settings, result.error());
    const auto rows = rpc::read_result<std::vector<Row>>(result->bytes());
    if (!rows) return fail(settings, rows.error());
    if (settings.json) {
        Json list = Json::array();
        for (const auto& [name, signature, idempotent] : *rows) {
            Json row = Json::object();
            row["name"] = name;
            row["signature"] = signature;
            row["idempotent"] = idempotent;
            list.push_back(std::move(row));
        }
        print_json(list);
        return kOk;
    }
    std::vector<std::vector<std::string>> table{{"METHOD", "SIGNATURE", "IDEMPOTENT"}};
    for (const auto& [name, signature, idempotent] : *rows)
        table.push_back({name, signature, idempotent ? "yes" : "no"});
    print_table(table);
    return kOk;
}

}  // namespace rollcall::cli
