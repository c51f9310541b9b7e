#pragma once
// What a peer by hand says that knows all of the extension.

#include "hello.h"
#include "server_harness.h"

#include <string>

namespace rollcall::rpc::tests {

// A hello with all features, as a request.
[[nodiscard]] inline std::string full_hello(std::uint32_t id) {
    Hello mine;
    mine.features = Features::all();
    codec::Buffer out;
    codec::write_request_head(out, id);
    write_hello_request_body(out, mine);
    return text_of(out);
}

[[nodiscard]] inline std::string cancel(std::uint32_t id) {
    codec::Buffer out;
    write_cancel(out, id);
    return text_of(out);
}

}  // namespace rollcall::rpc::tests
