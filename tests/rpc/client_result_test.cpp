// Results that cannot be read are errors of their calls, whatever reading them throws.

#include <rollcall/codec/pack.h>
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include <asio/use_future.hpp>
#include <gtest/gtest.h>
#include <msgpack.hpp>

#include <new>
#include <string>

namespace rollcall::rpc {
namespace {

// Throws what is no std::exception when it is made.
struct Unmakeable {
    Unmakeable() { throw 7; }  // that is the point

    int value = 0;
    MSGPACK_DEFINE(value)
};

// Throws what is no std::exception when it is read.
struct Unreadable {
    int value = 0;

    template <class Packer>
    void msgpack_pack(Packer& packer) const {
        packer.pack(value);
    }

    void msgpack_unpack(const msgpack::object&) { throw 7; }  // that is the point
};

// Needs more memory than there is.
struct Bloated {
    Bloated() { throw std::bad_alloc{}; }

    int value = 0;
    MSGPACK_DEFINE(value)
};

template <class R>
Error failure_of(Client& client) {
    const auto blocking = client.call(invoke<R>("one"));
    EXPECT_FALSE(blocking);
    const auto result = client.async_call(invoke<R>("one"), asio::use_future).get();
    EXPECT_FALSE(result);
    EXPECT_EQ(result.error().message(), blocking.error().message());
    return result.error();
}

template <class R>
void expect_invalid(const std::string& message) {
    Server server;
    server.handle("one", [] { return 1; });
    server.start();
    Client client{server.endpoint()};
    const Error error = failure_of<R>(client);
    EXPECT_EQ(error.code(), Errc::invalid_result);
    EXPECT_EQ(error.sent(), Sent::maybe_sent);
    EXPECT_EQ(error.message(), message);
    EXPECT_EQ(client.call(invoke<int>("one")).value(), 1);
    EXPECT_EQ(client.counters().connects, 1U) << "the connection goes on";
}

TEST(ClientResult, ATypeThatThrowsAnythingDoesNotEndTheProcess) {
    expect_invalid<Unmakeable>("the result cannot be read");
    expect_invalid<Unreadable>("the result cannot be read");
}

TEST(ClientResult, TooLittleMemoryForAResultDoesNotEndTheProcess) {
    expect_invalid<Bloated>("the result cannot be read: std::bad_alloc");
}

TEST(ClientResult, AnotherTypeThanExpectedIsSaid) {
    expect_invalid<std::string>("the result: expected string, got int 1");
}

}  // namespace
}  // namespace rollcall::rpc
