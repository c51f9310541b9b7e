// Messages for which there is no memory: they end their connection and nothing else. This program
// has a realloc of its own, which stands before that of the C library.

#include "scripted_connection.h"
#include "server_harness.h"

#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <future>
#include <string>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

std::atomic<std::size_t> most{SIZE_MAX};
std::atomic<std::size_t> refused{0};

}  // namespace

// What buffers grow with; free() and malloc() stay as they are.
extern "C" void* __libc_realloc(void* memory, std::size_t bytes);

extern "C" void* realloc(void* memory, std::size_t bytes) {
    if (bytes <= most) return __libc_realloc(memory, bytes);
    ++refused;
    errno = ENOMEM;
    return nullptr;
}

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::RawListener;
using rollcall::tests::ScriptedConnection;

constexpr std::size_t kMost = std::size_t{3} << 20U;
constexpr std::size_t kTooMuch = std::size_t{8} << 20U;

// While it lives, no buffer grows beyond kMost.
class LittleMemory {
public:
    LittleMemory() {
        refused = 0;
        most = kMost;
    }

    ~LittleMemory() { most = SIZE_MAX; }

    LittleMemory(const LittleMemory&) = delete;
    LittleMemory& operator=(const LittleMemory&) = delete;
};

TEST(OutOfMemory, AServersConnectionEndsAndNoOther) {
    TestServer tested;
    Bystander bystander{tested.endpoint()};
    const std::string large = request(1, "size", std::string(kTooMuch, 'x'));
    RawPeer peer{tested.endpoint()};
    {
        const LittleMemory little;
        static_cast<void>(peer.send(large));  // as far as it is read
        EXPECT_TRUE(is_closed(peer));
        EXPECT_GT(refused, 0U);
    }
    // The last that is said of it.
    EXPECT_TRUE(eventually([&] {
        return tested.log.count(LogLevel::error, "a completion handler threw") == 1;
    })) << tested.log.text();
    EXPECT_EQ(tested.log.count(LogLevel::info, "out of memory"), 1U) << tested.log.text();
    RawPeer next{tested.endpoint()};
    ASSERT_TRUE(next.send(large));
    const auto answers = receive_answers(next, 1);
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].error, "");
    EXPECT_EQ(bystander.undisturbed(), "");
}

TEST(OutOfMemory, AClientsCallEndsWithItsConnectionAndNotAtItsDeadline) {
    RawListener listener;
    Client client{listener.endpoint()};
    auto large = client.async_call(invoke<std::string>("get").within(1min), asio::use_future);
    ScriptedConnection server{listener};
    server.answer_hello();
    const auto asked = server.next();
    ASSERT_TRUE(asked);
    const std::string reply = result(asked->id, std::string(kTooMuch, 'x'));
    {
        const LittleMemory little;
        static_cast<void>(server.send(reply));  // as far as it is read
        // Not by the keepalive either, which would find it after half a minute.
        ASSERT_EQ(large.wait_for(20s), std::future_status::ready);
        const auto got = large.get();
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code(), Errc::connection_lost) << got.error().to_string();
        EXPECT_GT(refused, 0U);
    }
    auto small = client.async_call(invoke<int>("get").within(1min), asio::use_future);
    ScriptedConnection next{listener};
    next.answer_hello();
    const auto asked_again = next.next();
    ASSERT_TRUE(asked_again);
    EXPECT_TRUE(next.reply(asked_again->id, 7));
    EXPECT_EQ(small.get().value(), 7);
}

}  // namespace
}  // namespace rollcall::rpc::tests

#endif
