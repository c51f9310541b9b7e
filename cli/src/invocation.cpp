#include "invocation.h"

#include <rollcall/base/log.h>
#include <rollcall/codec/limits.h>

#include "json_value.h"

#include <utility>

namespace rollcall::cli {
namespace {

// A bare word is what people forget to quote.
std::string hint(const std::string& text) {
    const bool is_word =
        !text.empty() && text.find_first_of("\"'[]{},: ") == std::string::npos && text[0] != '-';
    return is_word ? "; a text needs its quotes: '\"" + printable(text, 60) + "\"'" : "";
}

}  // namespace

Result<UntypedInvocation> invocation_of(const CommandLine& line) {
    const std::string& method = line.names.at(1);
    if (method.empty() || method.size() > codec::kMaxMethodBytes) {
        return Error{Errc::invalid_argument, "METHOD must have 1 to 255 bytes"};
    }
    std::vector<json::Json> arguments;
    for (const std::string& text : line.arguments) {
        auto argument = json::parse_json(text);
        if (!argument) {
            return Error{
                Errc::invalid_argument,
                "argument " + std::to_string(arguments.size() + 1) + ", '" + printable(text, 60) +
                    "', is not JSON: " + argument.error().message() + hint(text)};
        }
        arguments.push_back(*std::move(argument));
    }
    auto packed = rpc::PackedInvocation::with_packed_params(method, json::pack_params(arguments));
    UntypedInvocation invocation{std::move(packed)};
    if (line.settings.idempotent) invocation = std::move(invocation).idempotent();
    return std::move(invocation).within(line.settings.timeout);
}

}  // namespace rollcall::cli
