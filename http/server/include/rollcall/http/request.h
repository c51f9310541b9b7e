#pragma once
// A request as a handler of the HTTP server sees it.

#include <rollcall/base/endpoint.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rollcall::http {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// A value, complete: the body has arrived, sizes are within the server's limits. Bytes of path,
// query and headers are the client's own, not necessarily UTF-8.
struct Request {
    std::string method;                        // upper case; HEAD arrives as GET
    std::string target;                        // as it was sent, for messages
    std::vector<std::string> path;             // percent-decoded segments; a final '/' adds none
    std::map<std::string, std::string> query;  // percent-decoded; the last of equal keys counts
    HeaderList headers;
    std::string body;
    Endpoint peer;
    std::uint64_t connection = 0;  // by which it came; a server gives no number twice
    // The server's: as long as a copy exists, the request counts against request_memory_max.
    std::shared_ptr<const void> memory;

    // The first header of that name, upper and lower case alike. Valid as long as this object.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;

    // Valid as long as this object.
    [[nodiscard]] std::optional<std::string_view> parameter(const std::string& name) const;
};

}  // namespace rollcall::http
