// The registry's routes, without sockets: requests of any method, path, query, headers and body,
// several in a row on one registry. A request in the input is
//     METHOD TARGET\n  Name: value\n ...  \n  body  \0
#include "faces.h"
#include "question.h"
#include "target.h"
#include "watch_body.h"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace rollcall::registry {
namespace {

// abort() under a name that shows in the report.
void require(bool holds) {
    if (!holds) std::abort();
}

RegistryServerOptions options() {
    RegistryServerOptions options;
    options.log = Log::none();
    options.instances_max = 64;
    return options;
}

std::string_view take(std::string_view& text, char end) {
    const auto at = text.find(end);
    const std::string_view part = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return part;
}

// False if the HTTP server would have refused it.
bool read_request(std::string_view text, http::Request& request) {
    std::string_view line = take(text, '\n');
    request.method = take(line, ' ');
    request.target = line;
    for (std::string_view header = take(text, '\n'); !header.empty(); header = take(text, '\n')) {
        const std::string_view name = take(header, ':');
        request.headers.emplace_back(name, header);
    }
    request.body = text;
    return http::parse_target(request.target, request).has_value();
}

void check(const http::Response& response) {
    require(response.status >= 200 && response.status <= 503 && response.status != 500);
    for (const auto& [name, value] : response.headers)
        require(!name.empty());
}

class Registry {
public:
    void ask(const http::Request& request) {
        now_ += std::chrono::milliseconds{700};
        center_.sweep(now_);
        if (const auto response = faces_.handle(request, now_)) check(*response);
        if (const Result<WatchRequest> watch = watch_from_json(request.body)) {
            ManyQuestion question{*watch};
            if (const auto response = question.answer(center_, now_, When::at_once))
                check(*response);
        }
        EventsQuestion events{std::string{request.parameter("after").value_or("")}};
        if (const auto response = events.answer(center_, now_, When::at_once)) check(*response);
        center_.publish(now_);
        require(center_.store.instance_count() <= 64);
    }

private:
    TimePoint now_ = TimePoint{} + std::chrono::hours{1};
    Center center_{options()};
    Faces faces_{center_};
};

}  // namespace
}  // namespace rollcall::registry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view input{reinterpret_cast<const char*>(data), size};
    rollcall::registry::Registry registry;
    while (!input.empty()) {
        rollcall::http::Request request;
        if (rollcall::registry::read_request(rollcall::registry::take(input, '\0'), request))
            registry.ask(request);
    }
    return 0;
}
