#pragma once
// Requests to a registry, as bytes.

#include "registry/raw_exchange.h"

#include <string>

namespace rollcall::tests {

// With a body of JSON, for an answer in JSON.
inline registry::tests::CurlAnswer send_json(
    const Endpoint& server,
    const std::string& method,
    const std::string& target,
    const std::string& body = ""
) {
    const std::string headers = "Accept: application/json\r\nContent-Type: application/json\r\n";
    return registry::tests::http_exchange(
        server, registry::tests::request_bytes(method, target, headers, body)
    );
}

}  // namespace rollcall::tests
