// Traces over services: spans and who is whose parent.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>
#include <rollcall/rpc/trace.h>

#include "layer_book.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kSpan = "00f067aa0ba902b7";

// Keeps spans. Copies share them.
class SpanBook {
public:
    [[nodiscard]] MiddlewarePtr layer(TraceOptions options = TraceOptions()) const {
        options.exporter = [kept = kept_](const Span& span) {
            const std::lock_guard lock{kept->mutex};
            kept->spans.push_back(span);
        };
        return trace(std::move(options));
    }

    [[nodiscard]] std::vector<Span> spans() const {
        const std::lock_guard lock{kept_->mutex};
        return kept_->spans;
    }

    [[nodiscard]] Span of(const std::string& method, Direction kind) const {
        for (const Span& span : spans())
            if (span.name == method && span.kind == kind) return span;
        ADD_FAILURE() << "no span of " << method;
        return {};
    }

private:
    struct Kept {
        std::mutex mutex;
        std::vector<Span> spans;
    };

    std::shared_ptr<Kept> kept_ = std::make_shared<Kept>();
};

// `front` asks `back`; what arrives there is the answer.
class Tracing : public testing::Test {
protected:
    void start(TraceOptions options = TraceOptions()) {
        back.use(book.layer(options));
        back.handle("end", [](Context& context) {
            std::string texts{context.metadata().find(kTraceParent).value_or("none")};
            return texts.append(";").append(context.metadata().find(kTraceState).value_or(""));
        });
        back.handle("fail", []() -> Result<int> { return Error{Errc::remote_error, "no"}; });
        back.start();
        to_back.emplace(back.endpoint());
        to_back->use(book.layer(options));
        front.use(book.layer(options));
        front.handle("pass", [this]() -> asio::awaitable<Result<std::string>> {
            co_return co_await to_back->async_call(invoke<std::string>("end"));
        });
        front.start();
        client.emplace(front.endpoint());
    }

    SpanBook book;
    Server back;
    Server front;
    std::optional<Client> to_back;
    std::optional<Client> client;
};

TEST_F(Tracing, SpansAreChildrenAlongTheWholeWay) {
    start();
    const auto before = std::chrono::system_clock::now();
    ASSERT_TRUE(client->call(invoke<std::string>("pass").within(20s)));
    ASSERT_TRUE(eventually([&] { return book.spans().size() == 3; }));
    const Span first = book.of("pass", Direction::incoming);
    const Span between = book.of("end", Direction::outgoing);
    const Span last = book.of("end", Direction::incoming);
    EXPECT_EQ(first.trace_id.size(), 32U);
    EXPECT_EQ(first.span_id.size(), 16U);
    EXPECT_EQ(first.parent_id, "");
    EXPECT_EQ(between.trace_id, first.trace_id);
    EXPECT_EQ(between.parent_id, first.span_id);
    EXPECT_EQ(last.trace_id, first.trace_id);
    EXPECT_EQ(last.parent_id, between.span_id);
    EXPECT_NE(last.span_id, between.span_id);
    EXPECT_GE(first.start, before);
    EXPECT_GE(first.duration, between.duration);
    EXPECT_TRUE(first.ok);
}

TEST_F(Tracing, GoesOnWithTheCallersTraceAndItsState) {
    start();
    const auto pass = invoke<std::string>("pass")
                          .within(20s)
                          .with(kTraceParent, "00-" + kTrace + "-" + kSpan + "-01")
                          .with(kTraceState, "vendor=1, other=2");
    const std::string arrived = client->call(pass).value();
    EXPECT_EQ(arrived.substr(0, 36), "00-" + kTrace + "-");
    EXPECT_EQ(arrived.substr(52), "-01;vendor=1,other=2");
    ASSERT_TRUE(eventually([&] { return book.spans().size() == 3; }));
    const Span first = book.of("pass", Direction::incoming);
    EXPECT_EQ(first.parent_id, kSpan);
    EXPECT_EQ(first.trace_state, "vendor=1,other=2");
}

TEST_F(Tracing, ThatIsNotSampledIsPassedOnButNotExported) {
    start();
    const auto pass = invoke<std::string>("pass").within(20s).with(
        kTraceParent, "00-" + kTrace + "-" + kSpan + "-00"
    );
    const std::string arrived = client->call(pass).value();
    EXPECT_EQ(arrived.substr(0, 36), "00-" + kTrace + "-");
    EXPECT_NE(arrived.substr(36, 16), kSpan) << "each hop has a span of its own";
    EXPECT_EQ(arrived.substr(52), "-00;");
    EXPECT_TRUE(book.spans().empty());
}

TEST_F(Tracing, BeginsAnewAfterWhatIsNotValid) {
    start();
    const auto pass = invoke<std::string>("pass")
                          .within(20s)
                          .with(kTraceParent, "00-" + kTrace + "-" + kSpan + "-zz")
                          .with(kTraceState, "vendor=1");
    const std::string arrived = client->call(pass).value();
    EXPECT_EQ(arrived.find(kTrace), std::string::npos);
    EXPECT_EQ(arrived.substr(52), "-01;") << "nor is the state believed";
}

TEST_F(Tracing, DropsAStateThatIsNotValid) {
    start();
    const auto pass = invoke<std::string>("pass")
                          .within(20s)
                          .with(kTraceParent, "00-" + kTrace + "-" + kSpan + "-01")
                          .with(kTraceState, "NOT VALID");
    EXPECT_EQ(client->call(pass).value().substr(52), "-01;");
}

TEST_F(Tracing, NeedNotAcceptTheTracesOfPeers) {
    TraceOptions options;
    options.accept = false;
    start(options);
    const auto pass = invoke<std::string>("pass").within(20s).with(
        kTraceParent, "00-" + kTrace + "-" + kSpan + "-01"
    );
    EXPECT_EQ(client->call(pass).value().find(kTrace), std::string::npos);
}

TEST_F(Tracing, SamplesAsFarAsItIsTold) {
    TraceOptions options;
    options.sample = 0;
    start(options);
    EXPECT_EQ(client->call(invoke<std::string>("pass").within(20s)).value().substr(52), "-00;");
    EXPECT_TRUE(book.spans().empty());
    options.sample = 1.5;
    EXPECT_THROW(static_cast<void>(trace(options)), std::invalid_argument);
}

TEST_F(Tracing, SpansSayWhatWentWrong) {
    start();
    EXPECT_FALSE(to_back->call(invoke<int>("fail").within(20s)));
    ASSERT_TRUE(eventually([&] { return book.spans().size() == 2; }));
    for (const Direction kind : {Direction::incoming, Direction::outgoing}) {
        const Span span = book.of("fail", kind);
        EXPECT_FALSE(span.ok);
        EXPECT_EQ(span.code, Errc::remote_error);
        EXPECT_EQ(span.message, "no");
        const std::pair<std::string, std::string> error{"error.type", "remote_error"};
        EXPECT_EQ(std::count(span.attributes.begin(), span.attributes.end(), error), 1);
    }
}

TEST(Traces, AnExporterMayThrow) {
    TraceOptions options;
    options.exporter = [](const Span&) { throw std::runtime_error{"full"}; };
    Server server;
    server.use(trace(options));
    server.handle("f", [] { return 1; });
    server.start();
    Client client{server.endpoint()};
    EXPECT_EQ(client.call(invoke<int>("f")).value(), 1);
    EXPECT_EQ(client.call(invoke<int>("f")).value(), 1);
}

}  // namespace
}  // namespace rollcall::rpc::tests
