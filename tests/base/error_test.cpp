#include <rollcall/base/error.h>

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace rollcall {
namespace {

TEST(Error, IsAWholeSentence) {
    EXPECT_EQ((Error{Errc::timed_out, "no reply"}.to_string()), "no reply [timed_out, not sent]");
    Error error{Errc::connection_lost, "the peer closed it"};
    error.set_method("add").set_endpoint("127.0.0.1:9000").set_sent(Sent::maybe_sent);
    EXPECT_EQ(
        error.to_string(),
        "call of 'add' at 127.0.0.1:9000 failed: the peer closed it [connection_lost, maybe sent]"
    );
    Error dial{Errc::connect_failed, ""};
    dial.set_endpoint("127.0.0.1:9000");
    EXPECT_EQ(
        dial.to_string(),
        "127.0.0.1:9000 failed: no connection could be made [connect_failed, not sent]"
    );
}

TEST(Error, KeepsWhatWasSet) {
    const Error error = Error{Errc::remote_error, "no"}
                            .with_method("add")
                            .with_endpoint("host:1")
                            .with_data("\x05")
                            .with_sent(Sent::maybe_sent);
    EXPECT_EQ(error.code(), Errc::remote_error);
    EXPECT_EQ(error.message(), "no");
    EXPECT_EQ(error.method(), "add");
    EXPECT_EQ(error.endpoint(), "host:1");
    EXPECT_EQ(error.data(), "\x05");
    EXPECT_EQ(error.sent(), Sent::maybe_sent);
}

TEST(CallError, SaysWhatItsErrorSays) {
    const CallError thrown{Error{Errc::timed_out, "no reply"}};
    EXPECT_STREQ(thrown.what(), "no reply [timed_out, not sent]");
    const CallError copy = thrown;
    EXPECT_EQ(&copy.error(), &thrown.error());
}

TEST(Errc, EveryCodeHasItsOwnNameAndSentence) {
    std::set<std::string> names;
    std::set<std::string> sentences;
    for (int value = static_cast<int>(Errc::resolve_failed);
         value <= static_cast<int>(Errc::unknown);
         ++value) {
        const auto code = static_cast<Errc>(value);
        names.insert(std::string{name_of(code)});
        sentences.insert(make_error_code(code).message());
        if (!wire_name(code).empty()) {
            EXPECT_EQ(errc_from_wire_name(wire_name(code)), code);
        }
    }
    EXPECT_EQ(names.size(), static_cast<std::size_t>(Errc::unknown));
    EXPECT_EQ(sentences.size(), static_cast<std::size_t>(Errc::unknown));
    EXPECT_EQ(name_of(static_cast<Errc>(999)), "unknown");
}

TEST(Errc, HasWireNamesForRemoteErrorsOnly) {
    EXPECT_EQ(wire_name(Errc::method_not_found), "NOT_FOUND");
    EXPECT_EQ(wire_name(Errc::timed_out), "TIMED_OUT");
    EXPECT_EQ(wire_name(Errc::connection_lost), "");
    EXPECT_EQ(wire_name(Errc::remote_error), "");
    EXPECT_EQ(errc_from_wire_name("OVERLOADED"), Errc::overloaded);
    EXPECT_EQ(errc_from_wire_name("overloaded"), Errc::unknown);
    EXPECT_EQ(errc_from_wire_name(""), Errc::unknown);
}

TEST(Errc, IsAnErrorCode) {
    const std::error_code code = Errc::timed_out;
    EXPECT_STREQ(code.category().name(), "rollcall");
    EXPECT_EQ(code.message(), "the deadline passed");
    EXPECT_EQ(code, Errc::timed_out);
}

}  // namespace
}  // namespace rollcall
