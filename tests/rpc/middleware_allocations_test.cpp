// What layers cost plain handlers: no allocation more. Operator new is counted in this program, on
// the server's I/O thread, while it reads, handles and answers.

#include <rollcall/rpc/concurrency_limit.h>
#include <rollcall/rpc/server.h>

#include "support/raw_peer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>

namespace {

std::atomic<bool> counting{false};
std::atomic<std::size_t> allocations{0};
thread_local bool is_counted_thread = false;

void* allocate(std::size_t bytes) {
    if (is_counted_thread && counting.load(std::memory_order_relaxed))
        allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* const memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
    throw std::bad_alloc{};
}

}  // namespace

void* operator new(std::size_t bytes) {
    return allocate(bytes);
}

void* operator new[](std::size_t bytes) {
    return allocate(bytes);
}

void operator delete(void* memory) noexcept {
    std::free(memory);
}

void operator delete[](void* memory) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace rollcall::rpc {
namespace {

class Passing final : public Middleware {
public:
    [[nodiscard]] Entry enter(Exchange&) override { return Entry{}; }
};

// Allocations on the I/O thread while it serves so many requests, one after the other.
std::size_t allocations_of(const Middlewares& layers, int requests) {
    ServerOptions options;
    options.middleware = layers;
    Server server{options};
    server.handle("add", [](int a, int b) {
        is_counted_thread = true;
        return a + b;
    });
    server.start();
    tests::RawPeer peer{server.endpoint()};
    const std::string asked{
        "\x94\x00\x01\xa3"
        "add\x92\x01\x02",
        10};
    const std::string wanted{"\x94\x01\x01\xc0\x03", 5};
    const auto ask = [&] {
        peer.send(asked);
        return peer.receive_exactly(wanted.size()) == wanted;
    };
    for (int i = 0; i < 100; ++i)
        EXPECT_TRUE(ask());
    allocations = 0;
    counting = true;
    for (int i = 0; i < requests; ++i)
        EXPECT_TRUE(ask());
    counting = false;
    return allocations;
}

TEST(MiddlewareAllocations, PlainHandlersBehindLayersCostNoneMore) {
    constexpr int kRequests = 500;
    const std::size_t without = allocations_of({}, kRequests);
    const Middlewares layers{
        std::make_shared<Passing>(),
        middleware([](Exchange&) {}, [](Exchange&, const Outcome&) {}),
        concurrency_limit(),
        std::make_shared<Passing>()};
    const std::size_t with = allocations_of(layers, kRequests);
    // The loop's own ticks may fall into either run.
    EXPECT_LE(with, without + 5);
    RecordProperty("without", static_cast<int>(without));
    RecordProperty("with", static_cast<int>(with));
}

}  // namespace
}  // namespace rollcall::rpc
