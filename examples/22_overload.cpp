// 22: overload. A server that has too much to do says so at once, before it has begun anything: the
// caller may go elsewhere, whatever it asked for. How long work may wait is a limit as well.
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "lesson.h"

#include <asio/use_future.hpp>

#include <chrono>
#include <cstdint>
#include <future>
#include <semaphore>
#include <string>
#include <thread>

namespace rpc = rollcall::rpc;
using rollcall::Errc;
using rollcall::Result;
using rollcall::Sent;
using namespace std::chrono_literals;

namespace {

// The contract.
constexpr rpc::Method<int(int)> read_block{"read_block"};
constexpr rpc::Method<int()> scan{"scan"};
constexpr rpc::Method<std::string()> ping{"ping"};

// A disk that is asked for one thing at a time, and takes as long as this program says.
struct SlowDisk {
    std::counting_semaphore<> begun{0};
    std::counting_semaphore<> done{0};

    int read(int block) {
        begun.release();
        done.acquire();
        return block;
    }
};

void serve(rpc::Server& server, SlowDisk& disk) {
    server.handle(
        read_block, [&disk](int block) { return disk.read(block); }, {.run = rpc::RunOn::pool}
    );
    // Whatever else there is room for: of these one at a time.
    server.handle(
        scan, [&disk] { return disk.read(0); }, {.run = rpc::RunOn::pool, .max_in_flight = 1}
    );
    server.handle(ping, [] { return std::string{"pong"}; });
    server.start();
}

std::uint64_t refused_by(const rpc::Server& server) {
    std::uint64_t refused = 0;
    for (const rpc::MethodStats& method : server.method_stats()) {
        for (const auto& [error, count] : method.errors)
            refused += error == name_of(Errc::overloaded) ? count : 0;
    }
    return refused;
}

template <class T>
bool is_refused(const Result<T>& result) {
    return !result && result.error().code() == Errc::overloaded &&
           result.error().sent() == Sent::not_sent;
}

}  // namespace

int main() {
    lesson::Lesson lesson;
    SlowDisk disk;
    SlowDisk other_disk;
    const rpc::ServerOptions small{
        .pool_threads = 1, .max_pool_queue = 1, .max_queue_time = 50ms, .call_timeout = 5s};
    rpc::Server server{small};
    rpc::Server other{small};
    serve(server, disk);
    serve(other, other_disk);
    rpc::Client client{server.endpoint()};
    rpc::Client other_client{other.endpoint()};

    auto scanning = client.async_call(scan().within(60s), asio::use_future);
    disk.begun.acquire();
    lesson.show(is_refused(client.call(scan())), "a second scan is refused, and was not executed");
    disk.done.release();
    lesson.show(scanning.get().has_value(), "the first one was not disturbed");

    auto first = client.async_call(read_block(1).within(60s), asio::use_future);
    disk.begun.acquire();
    auto second = client.async_call(read_block(2).within(60s), asio::use_future);
    const Result<int> third = client.call(read_block(3));
    lesson.show(is_refused(third), "one block is read, one may wait, the third is refused at once");
    lesson.show(client.call(ping()).has_value(), "who does not need the disk notices nothing");

    // Not executed: it goes elsewhere, though nothing says that it may be repeated. A ServiceClient
    // does this by itself.
    other_disk.done.release();
    const Result<int> elsewhere = other_client.call(read_block(3));
    lesson.show(elsewhere.has_value() && *elsewhere == 3, "another server had room for it");

    std::this_thread::sleep_for(200ms);  // the disk takes its time
    disk.done.release();
    lesson.show(first.get().has_value(), "the first block has come, late");
    lesson.show(is_refused(second.get()), "the second had waited for too long to be begun");
    lesson.show(refused_by(server) == 3, "the server has counted what it refused");
    return lesson.exit_status();
}
