// Streams that a client has opened of a server of bytes.

#include <rollcall/codec/message_reader.h>

#include "stream_bytes.h"
#include "streams_fixture.h"

#include <variant>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;
using codec::tests::to_hex;

// The other way round: a server of bytes that breaks the rules of streams which a client has
// opened.
class StreamsOfAServer : public testing::Test {
protected:
    struct Received {
        codec::MessageType type = codec::MessageType::request;
        std::uint32_t id = 0;
        std::string method;
        std::string params;
        std::string metadata;
    };

    StreamsOfAServer() : client(listener.endpoint()) {}

    [[nodiscard]] std::optional<Received> next() {
        while (received.empty()) {
            const std::string bytes = server->receive();
            if (bytes.empty()) return std::nullopt;
            static_cast<void>(reader.feed(bytes, [this](codec::Bytes frame) {
                codec::Message message;
                const auto shape = codec::Shape::with_metadata;
                if (codec::parse_message(frame, message, shape)) return false;
                received.push_back(
                    {message.type,
                     message.id,
                     std::string{message.method},
                     std::string{message.params},
                     std::string{message.metadata}}
                );
                return true;
            }));
        }
        Received first = received.front();
        received.erase(received.begin());
        return first;
    }

    // Takes the connection and answers its hello.
    void accept(Features features = Features::all()) {
        server.emplace(listener.accept());
        const auto hello = next();
        ASSERT_TRUE(hello && hello->method == "$/hello");
        Hello ours;
        ours.features = features;
        ours.stream_window = 1000;
        codec::Buffer out;
        codec::write_result_head(out, hello->id);
        write_hello_map(out, ours);
        ASSERT_TRUE(server->send(text_of(out)));
    }

    rollcall::tests::RawListener listener;
    Client client;
    std::optional<RawPeer> server;
    codec::MessageReader reader{codec::Limits{}};
    std::vector<Received> received;
};

TEST_F(StreamsOfAServer, AreOpenedWithTheirSides) {
    auto numbers = client.open(count_to(5));
    accept();
    const auto opened = next();
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->method, "count_to");
    EXPECT_EQ(to_hex(opened->params), "91 05");
    EXPECT_EQ(to_hex(opened->metadata), "81 a1 73 01");  // {"s": 1}
    auto adding = client.open(sum().within(1h));
    const auto hurried = next();
    ASSERT_TRUE(hurried);
    EXPECT_EQ(to_hex(hurried->metadata.substr(0, 3)), "82 a1 74");  // {"t": ..., "s": 2}
    EXPECT_EQ(to_hex(hurried->metadata.substr(hurried->metadata.size() - 3)), "a1 73 02");
}

TEST_F(StreamsOfAServer, ThatDoesNotSpeakThemFailUnsent) {
    auto numbers = client.open(count_to(5));
    Features others;
    others.add(Feature::metadata);
    others.add(Feature::cancel);
    accept(others);
    const auto read = numbers.read();
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code(), Errc::invalid_argument);
    EXPECT_EQ(read.error().sent(), Sent::not_sent);
}

TEST_F(StreamsOfAServer, ThatBreaksARuleAreCancelled) {
    auto living = client.open(count_to(5));
    accept();
    const auto first = next();
    ASSERT_TRUE(first);
    for (std::size_t i = 0; i < 4; ++i) {
        auto stream = client.open(invoke<Stream<int>>("other"));
        const auto opened = next();
        ASSERT_TRUE(opened);
        ASSERT_EQ(opened->method, "other");
        // The same message with the id that the client has chosen.
        const std::uint32_t id = opened->id;
        const std::string messages[] = {
            data(id, false, "\x01\xc1"),
            data(id, false, std::string(70000, '\x01')),
            credit(id, false, UINT64_MAX),
            notification("$/data", id, false),
        };
        ASSERT_TRUE(server->send(messages[i]));
        Result<std::optional<int>> read = stream.read();
        while (read)
            read = stream.read();
        EXPECT_EQ(read.error().code(), Errc::stream_failed) << i;
        EXPECT_EQ(read.error().sent(), Sent::maybe_sent);
        const auto told = next();
        ASSERT_TRUE(told);
        EXPECT_EQ(told->method, "$/cancel");
        // Its answer, and what was on its way, are passed over.
        ASSERT_TRUE(server->send(data(id, false, "\x01") + result(id, 5)));
    }
    ASSERT_TRUE(server->send(data(first->id, false, "\x05") + result(first->id, std::monostate{})));
    EXPECT_EQ(living.read().value(), 5);
    EXPECT_EQ(living.read().value(), std::nullopt);
}

TEST_F(StreamsOfAServer, ThatEndWithinAnItemAreNotWhole) {
    auto texts = client.open(invoke<Stream<std::string>>("texts"));
    accept();
    const auto opened = next();
    ASSERT_TRUE(opened);
    const std::uint32_t id = opened->id;
    ASSERT_TRUE(server->send(data(id, false, "\xa1x\xa2y") + result(id, std::monostate{})));
    EXPECT_EQ(texts.read().value(), "x");
    const auto cut = texts.read();
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().code(), Errc::stream_failed);
}

TEST_F(StreamsOfAServer, ThatHaveNotBegunGoToTheNextConnection) {
    auto adding = client.open(sum());
    accept();
    const auto first = next();
    ASSERT_TRUE(first);
    Goaway goaway;
    goaway.reason = "moving";
    codec::Buffer out;
    write_goaway(out, goaway);
    ASSERT_TRUE(server->send(text_of(out)));
    RawPeer old = std::move(*server);
    accept();  // the next connection
    const auto again = next();
    ASSERT_TRUE(again);
    EXPECT_EQ(again->method, "sum");
    ASSERT_TRUE(adding.write(5));
    adding.finish_writing();
    const auto item = next();
    ASSERT_TRUE(item);
    EXPECT_EQ(item->method, "$/data");
    ASSERT_TRUE(server->send(result(again->id, 5)));
    EXPECT_EQ(adding.finish().value(), 5);
}

TEST_F(StreamsOfAServer, ThatHadNoItemsToSendEndOnTheNextConnection) {
    auto adding = client.open(sum());
    adding.finish_writing();
    accept();
    ASSERT_TRUE(next());
    const auto end = next();
    ASSERT_TRUE(end && end->method == "$/end");
    codec::Buffer out;
    write_goaway(out, Goaway{"moving", 0, std::nullopt});
    ASSERT_TRUE(server->send(text_of(out)));
    RawPeer old = std::move(*server);
    accept();
    const auto again = next();
    ASSERT_TRUE(again && again->method == "sum");
    const auto end_again = next();
    ASSERT_TRUE(end_again && end_again->method == "$/end");
    ASSERT_TRUE(server->send(result(again->id, 0)));
    EXPECT_EQ(adding.finish().value(), 0);
}

TEST_F(StreamsOfAServer, ThatHaveSentItemsAreNotRepeated) {
    auto adding = client.open(sum());
    accept();
    ASSERT_TRUE(next());
    ASSERT_TRUE(adding.write(5));
    const auto item = next();
    ASSERT_TRUE(item && item->method == "$/data");
    codec::Buffer out;
    write_goaway(out, Goaway{"moving", 0, std::nullopt});
    ASSERT_TRUE(server->send(text_of(out)));
    RawPeer old = std::move(*server);
    server.emplace(listener.accept());
    const auto hello = next();
    ASSERT_TRUE(hello);
    Hello ours;
    ours.features = Features::all();
    codec::Buffer answer;
    codec::write_result_head(answer, hello->id);
    write_hello_map(answer, ours);
    ASSERT_TRUE(server->send(text_of(answer)));
    const Result<int> ended = adding.finish();
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code(), Errc::connection_lost);
    EXPECT_EQ(ended.error().sent(), Sent::not_sent);
}

}  // namespace
}  // namespace rollcall::rpc::tests
