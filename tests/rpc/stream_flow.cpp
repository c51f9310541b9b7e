// A server of streams and its client, as processes whose memory is looked at.
//   stream-flow serve
//   stream-flow download|upload HOST:PORT BYTES
#include <rollcall/base/signals.h>
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace rollcall;
using namespace std::chrono_literals;

constexpr std::size_t kItemBytes = 10000;
constexpr rpc::Method<rpc::Stream<std::string>(std::uint64_t)> download{"download"};
constexpr rpc::Method<std::uint64_t(rpc::Stream<std::string>)> upload{"upload"};

asio::awaitable<void> send(std::uint64_t bytes, rpc::StreamWriter<std::string> out) {
    const std::string item(kItemBytes, 'x');
    for (std::uint64_t sent = 0; sent < bytes; sent += item.size()) {
        Result<void> written = co_await out.async_write(item);
        if (!written) co_return;
    }
}

asio::awaitable<std::uint64_t> take(rpc::StreamReader<std::string> in) {
    std::uint64_t bytes = 0;
    for (;;) {
        Result<std::optional<std::string>> item = co_await in.async_read();
        if (!item.value()) co_return bytes;
        bytes += (*item)->size();
    }
}

int serve() {
    rpc::Server server;
    server.handle(download, send);
    server.handle(upload, take);
    server.start();
    std::printf("stream-flow listening on %s\n", server.endpoint().to_string().c_str());
    std::fflush(stdout);
    static_cast<void>(wait_for_signal());
    return 0;
}

int flow(std::string_view way, const char* endpoint, std::uint64_t bytes) {
    rpc::Client client{endpoint};
    std::uint64_t moved = 0;
    if (way == "download") {
        for (const std::string& item : client.open(download(bytes)))
            moved += item.size();
    } else {
        auto uploading = client.open(upload());
        const std::string item(kItemBytes, 'x');
        for (std::uint64_t sent = 0; sent < bytes; sent += item.size())
            uploading.write(item).value();
        moved = uploading.finish().value();
    }
    std::printf("moved %llu\n", static_cast<unsigned long long>(moved));
    std::fflush(stdout);
    static_cast<void>(wait_for_signal());
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    // From the start: it may come as soon as something has been said.
    rollcall::hold_signals();
    try {
        if (count == 2 && std::string_view{arguments[1]} == "serve") return serve();
        if (count == 4)
            return flow(arguments[1], arguments[2], std::strtoull(arguments[3], nullptr, 10));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "stream-flow: %s\n", error.what());
        return 1;
    }
    return 2;
}
