// What somebody else's program might do with the lower modules: write a request, read it back.
// Ends with 0 if headers, libraries and flags of the package fit together.

#include <rollcall/base/endpoint.h>
#include <rollcall/codec/arguments.h>
#include <rollcall/codec/message.h>

#include <cstdio>
#include <tuple>

int main() {
    rollcall::codec::Buffer bytes;
    rollcall::codec::write_request_head(bytes, 7);
    rollcall::codec::pack(bytes, "add");
    rollcall::codec::pack_arguments(bytes, 1, 2);

    rollcall::codec::Message request;
    if (rollcall::codec::parse_message(bytes.view(), request)) return 1;
    std::tuple<int, int> arguments;
    if (rollcall::codec::unpack_arguments(request.method, request.params, arguments)) return 2;
    const auto endpoint = rollcall::Endpoint::parse("127.0.0.1:9000");
    if (!endpoint || std::get<0>(arguments) + std::get<1>(arguments) != 3) return 3;
    std::printf("consumer: a request for %s reads back\n", endpoint->to_string().c_str());
    return 0;
}
