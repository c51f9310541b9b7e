#include <rollcall/codec/error_codec.h>

#include "codec/hex.h"

#include <gtest/gtest.h>

namespace rollcall::codec::tests {
namespace {

std::string packed_text(std::string_view text) {
    return std::string(1, static_cast<char>(0xa0U | text.size())) + std::string{text};
}

TEST(ErrorCodec, PutsTheWireNameInFront) {
    EXPECT_EQ(error_text(Errc::method_not_found, "no method 'ad'"), "NOT_FOUND: no method 'ad'");
    EXPECT_EQ(error_text(Errc::remote_error, "out of stock"), "out of stock");
    EXPECT_EQ(error_text(Errc::connection_lost, "gone"), "gone");
}

TEST(ErrorCodec, ReadsWhatItWrites) {
    struct Row {
        Errc code;
        Sent sent;
    };

    for (const Row& row :
         {Row{Errc::method_not_found, Sent::not_sent},
          Row{Errc::invalid_arguments, Sent::not_sent},
          Row{Errc::handler_failed, Sent::maybe_sent},
          Row{Errc::invalid_request, Sent::not_sent},
          Row{Errc::unauthenticated, Sent::not_sent},
          Row{Errc::unavailable, Sent::not_sent},
          Row{Errc::overloaded, Sent::not_sent},
          Row{Errc::result_too_large, Sent::maybe_sent}}) {
        const Error error = read_error(packed_text(error_text(row.code, "why: so")));
        EXPECT_EQ(error.code(), row.code);
        EXPECT_EQ(error.message(), "why: so");
        EXPECT_EQ(error.sent(), row.sent);
        EXPECT_EQ(error.data(), "");
    }
}

TEST(ErrorCodec, FindsTheCodeInFrontOfAText) {
    EXPECT_EQ(code_in_front("UNAVAILABLE: disk"), Errc::unavailable);
    EXPECT_EQ(code_in_front("OVERLOADED: "), Errc::overloaded);
    for (const char* text : {"UNAVAILABLE", "UNAVAILABLE:", "a UNAVAILABLE: b", ": x", "a: b", ""})
        EXPECT_EQ(code_in_front(text), Errc::unknown) << text;
}

TEST(ErrorCodec, LeavesOtherTextsAsTheyAre) {
    for (const char* text : {"out of stock", "a: b", "NOT_FOUND", "not_found: x", ": x", ""}) {
        const Error error = read_error(packed_text(text));
        EXPECT_EQ(error.code(), Errc::remote_error) << text;
        EXPECT_EQ(error.message(), text);
        EXPECT_EQ(error.sent(), Sent::maybe_sent);
        EXPECT_EQ(error.data(), "");
    }
    const Error binary = read_error(from_hex("c4 02 6e 6f"));
    EXPECT_EQ(binary.message(), "no");
}

TEST(ErrorCodec, FindsTheMessageInForeignShapesAndKeepsTheBytes) {
    struct Row {
        const char* hex;
        const char* message;
    };

    for (const Row& row :
         {Row{"92 05 a2 6e 6f", "no"},                                // [5, "no"]
          Row{"93 05 a2 6e 6f 91 01", "no"},                          // [5, "no", [1]]
          Row{"92 91 a1 78 a2 6e 6f", "no"},                          // [["x"], "no"]
          Row{"81 a7 6d 65 73 73 61 67 65 a2 6e 6f", "no"},           // {"message": "no"}
          Row{"82 05 a1 78 a7 6d 65 73 73 61 67 65 a2 6e 6f", "no"},  // {5: "x", "message": "no"}
          Row{"82 90 05 c4 07 6d 65 73 73 61 67 65 a2 6e 6f", "no"},  // {[]: 5, b"message": "no"}
          Row{"81 a7 6d 65 73 73 61 67 65 05", "the peer's error is map of 1"},
          Row{"81 a4 6e 61 6d 65 a1 78", "the peer's error is map of 1"},
          Row{"80", "the peer's error is map of 0"},
          Row{"90", "the peer's error is array of 0"},
          Row{"91 05", "the peer's error is array of 1"},
          Row{"05", "the peer's error is int 5"},
          Row{"ff", "the peer's error is int -1"},
          Row{"cf ff ff ff ff ff ff ff ff", "the peer's error is int 18446744073709551615"},
          Row{"c3", "the peer's error is bool true"},
          Row{"c2", "the peer's error is bool false"},
          Row{"ca 3f 80 00 00", "the peer's error is float 1.000000"},
          Row{"d4 05 00", "the peer's error is ext"}}) {
        const Error error = read_error(from_hex(row.hex));
        EXPECT_EQ(error.code(), Errc::remote_error) << row.hex;
        EXPECT_EQ(error.message(), row.message) << row.hex;
        EXPECT_EQ(to_hex(error.data()), row.hex);
        EXPECT_EQ(error.sent(), Sent::maybe_sent) << row.hex;
    }
}

}  // namespace
}  // namespace rollcall::codec::tests
