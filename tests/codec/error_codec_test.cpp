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

std::string packed(const Error& error) {
    Buffer out;
    pack_error(out, error);
    return std::string{out.view()};
}

TEST(PackedErrors, GoldenBytes) {
    // ["ERROR", "no", nil] and ["NOT_FOUND", "", nil]
    EXPECT_EQ(to_hex(packed(Error{Errc::remote_error, "no"})), "93 a5 45 52 52 4f 52 a2 6e 6f c0");
    EXPECT_EQ(
        to_hex(packed(Error{Errc::method_not_found, ""})), "93 a9 4e 4f 54 5f 46 4f 55 4e 44 a0 c0"
    );
}

TEST(PackedErrors, DataIsLeftOutWhereTheResponseWouldBeTooDeep) {
    const auto packed_within = [](std::size_t data_depth, std::size_t max_depth) {
        const std::string data = std::string(data_depth, '\x91') + "\x01";
        Buffer out;
        pack_error(out, Error{Errc::remote_error, "no"}.with_data(data), max_depth);
        return read_packed_error(out.view());
    };
    const std::string why =
        " (its data is left out: it would be nested deeper than 8 in the response)";
    EXPECT_EQ(packed_within(5, 8).data(), "\x91\x91\x91\x91\x91\x01");
    EXPECT_EQ(packed_within(6, 8).data(), "\x91\x91\x91\x91\x91\x91\x01");
    EXPECT_EQ(packed_within(6, 8).message(), "no");
    EXPECT_EQ(packed_within(7, 8).data(), "");
    EXPECT_EQ(packed_within(7, 8).message(), "no" + why);
    // Scalars need no depth of their own.
    EXPECT_EQ(packed_within(0, 2).data(), "\x01");
    EXPECT_EQ(packed_within(1, 2).data(), "");
}

TEST(PackedErrors, ReadWhatIsWritten) {
    const std::string data = from_hex("92 01 a1 78");
    for (const Errc code :
         {Errc::remote_error, Errc::overloaded, Errc::timed_out, Errc::cancelled}) {
        const Error read = read_packed_error(packed(Error{code, "A: b"}.with_data(data)));
        EXPECT_EQ(read.code(), code);
        EXPECT_EQ(read.message(), "A: b");
        EXPECT_EQ(read.data(), data);
    }
    EXPECT_EQ(read_packed_error(packed(Error{Errc::overloaded, ""})).sent(), Sent::not_sent);
    EXPECT_EQ(read_packed_error(packed(Error{Errc::timed_out, ""})).sent(), Sent::maybe_sent);
    EXPECT_EQ(read_packed_error(packed(Error{Errc::remote_error, "x"})).data(), "");
}

TEST(PackedErrors, DataThatIsNoValueIsLeftOut) {
    for (const char* const data : {"92 01", "01 02", "c1"}) {
        const Error error = Error{Errc::remote_error, "no"}.with_data(from_hex(data));
        EXPECT_EQ(to_hex(packed(error)), "93 a5 45 52 52 4f 52 a2 6e 6f c0") << data;
    }
}

TEST(PackedErrors, NamesOfNewerPeersAreKeptInTheText) {
    // ["NEW", "why", nil]
    const Error error = read_packed_error(from_hex("93 a3 4e 45 57 a3 77 68 79 c0"));
    EXPECT_EQ(error.code(), Errc::unknown);
    EXPECT_EQ(error.message(), "NEW: why");
    EXPECT_EQ(error.sent(), Sent::maybe_sent);
}

TEST(PackedErrors, OtherShapesAreReadLikeThoseOfPlainPeers) {
    EXPECT_EQ(read_packed_error(packed_text("OVERLOADED: x")).code(), Errc::overloaded);
    for (const char* const shape :
         {"92 a1 78 a1 79", "93 01 a1 78 c0", "93 a1 78 01 c0", "90", "c0", "05"}) {
        const Error error = read_packed_error(from_hex(shape));
        EXPECT_EQ(error.code(), Errc::remote_error) << shape;
        EXPECT_EQ(to_hex(error.data()), shape);
    }
}

}  // namespace
}  // namespace rollcall::codec::tests
