// The scanner against hostile headers: every limit at, under and over it, and always at the header
// that breaks it, before the bytes it promises are here.
#include <rollcall/codec/scanner.h>

#include "codec/hex.h"

#include <gtest/gtest.h>

#include <string>

namespace rollcall::codec::tests {
namespace {

ScanStatus scan(const std::string& bytes, const Limits& limits = Limits{}) {
    Scanner scanner{limits};
    return scanner.scan(bytes.data(), bytes.size());
}

Limits at_most(std::size_t bytes) {
    Limits limits;
    limits.max_message_bytes = bytes;
    return limits;
}

Limits as_deep_as(std::size_t depth) {
    Limits limits;
    limits.max_depth = depth;
    return limits;
}

struct Header {
    std::string bytes;
    std::size_t whole;  // bytes of the value that it promises at least
};

TEST(ScannerLimits, HoldForEveryLengthAtTheHeader) {
    const std::vector<Header> headers{
        {from_hex("bf"), 1 + 31},
        {from_hex("c4 80"), 2 + 128},
        {from_hex("c5 01 00"), 3 + 256},
        {from_hex("c6 00 01 00 00"), 5 + 65536},
        {from_hex("c7 80"), 2 + 1 + 128},
        {from_hex("c8 01 00"), 3 + 1 + 256},
        {from_hex("c9 00 01 00 00"), 5 + 1 + 65536},
        {from_hex("d8"), 1 + 1 + 16},
        {from_hex("d9 80"), 2 + 128},
        {from_hex("da 01 00"), 3 + 256},
        {from_hex("db 00 01 00 00"), 5 + 65536},
        {from_hex("9f"), 1 + 15},
        {from_hex("dc 01 00"), 3 + 256},
        {from_hex("dd 00 01 00 00"), 5 + 65536},
        {from_hex("8f"), 1 + 2 * 15},
        {from_hex("de 01 00"), 3 + 2 * 256},
        {from_hex("df 00 01 00 00"), 5 + 2 * 65536},
        {from_hex("cf"), 9},
        {from_hex("93 01 d9 10"), 4 + 16 + 1},  // the third element is still owed
    };
    for (const Header& header : headers) {
        EXPECT_EQ(scan(header.bytes, at_most(header.whole + 1)), ScanStatus::need_more)
            << to_hex(header.bytes);
        EXPECT_EQ(scan(header.bytes, at_most(header.whole)), ScanStatus::need_more)
            << to_hex(header.bytes);
        EXPECT_EQ(scan(header.bytes, at_most(header.whole - 1)), ScanStatus::too_large)
            << to_hex(header.bytes);
    }
}

TEST(ScannerLimits, LetAMessageOfExactlyTheLimitThrough) {
    const std::string value = from_hex("c5 01 00") + std::string(256, 'x');
    EXPECT_EQ(scan(value, at_most(value.size() + 1)), ScanStatus::complete);
    EXPECT_EQ(scan(value, at_most(value.size())), ScanStatus::complete);
    EXPECT_EQ(scan(value, at_most(value.size() - 1)), ScanStatus::too_large);
}

TEST(ScannerLimits, TheDefaultIs16MiB) {
    const auto bin_of = [](std::uint32_t length) {
        std::string header = from_hex("c6");
        for (const unsigned shift : {24U, 16U, 8U, 0U})
            header += static_cast<char>(length >> shift);
        return header;
    };
    constexpr std::uint32_t kLimit = 16U << 20U;
    EXPECT_EQ(scan(bin_of(kLimit - 6)), ScanStatus::need_more);
    EXPECT_EQ(scan(bin_of(kLimit - 5)), ScanStatus::need_more);
    EXPECT_EQ(scan(bin_of(kLimit - 4)), ScanStatus::too_large);
}

TEST(ScannerLimits, RefuseTheFiveByteBombs) {
    for (const char* hex :
         {"dd ff 00 00 00",
          "dd ff ff ff ff",
          "df ff ff ff ff",
          "c6 ff ff ff ff",
          "c9 ff ff ff ff",
          "db ff ff ff ff",
          "94 00 01 a3 61 64 64 dd ff ff ff ff"}) {
        EXPECT_EQ(scan(from_hex(hex)), ScanStatus::too_large) << hex;
    }
}

TEST(ScannerLimits, CountWhatNestedArraysPromiseTogether) {
    // Each header promises 65,535 elements, one of which is the next header.
    const Limits limits = at_most(std::size_t{256} << 10U);
    EXPECT_EQ(scan(repeat(3, "dc ff ff"), limits), ScanStatus::need_more);
    EXPECT_EQ(scan(repeat(4, "dc ff ff"), limits), ScanStatus::too_large);
    EXPECT_EQ(scan(repeat(2, "de ff ff"), limits), ScanStatus::too_large);
    // Under the default limit the depth ends it.
    EXPECT_EQ(scan(repeat(64, "dc ff ff")), ScanStatus::need_more);
    EXPECT_EQ(scan(repeat(65, "dc ff ff")), ScanStatus::too_deep);
}

TEST(ScannerLimits, DepthAtUnderAndOver) {
    EXPECT_EQ(scan(repeat(63, "91") + from_hex("00")), ScanStatus::complete);
    EXPECT_EQ(scan(repeat(64, "91") + from_hex("00")), ScanStatus::complete);
    EXPECT_EQ(scan(repeat(65, "91")), ScanStatus::too_deep);
    EXPECT_EQ(scan(repeat(64, "81 00") + from_hex("00")), ScanStatus::complete);
    EXPECT_EQ(scan(repeat(64, "81 00") + from_hex("81")), ScanStatus::too_deep);
    EXPECT_EQ(scan(repeat(63, "91") + from_hex("90")), ScanStatus::complete);
    EXPECT_EQ(scan(repeat(64, "91") + from_hex("90")), ScanStatus::too_deep);
    EXPECT_EQ(scan(repeat(64, "91") + from_hex("80")), ScanStatus::too_deep);
}

TEST(ScannerLimits, DepthEndsWithTheContainer) {
    // A hundred neighbours, each at the deepest level.
    const std::string deepest = repeat(63, "91") + from_hex("00");
    std::string value = from_hex("dc 00 64");
    for (int i = 0; i < 100; ++i)
        value += deepest;
    EXPECT_EQ(scan(value), ScanStatus::complete);
}

TEST(ScannerLimits, DepthCanBeChosenUpToTheScannersOwn) {
    EXPECT_EQ(scan(from_hex("91 00"), as_deep_as(1)), ScanStatus::complete);
    EXPECT_EQ(scan(from_hex("91 91"), as_deep_as(1)), ScanStatus::too_deep);
    EXPECT_EQ(scan(from_hex("00"), as_deep_as(0)), ScanStatus::complete);
    EXPECT_EQ(scan(from_hex("90"), as_deep_as(0)), ScanStatus::too_deep);
    for (const std::size_t asked : {kMaxDepth, kMaxDepth + 1, std::size_t{1000000}}) {
        EXPECT_EQ(
            scan(repeat(kMaxDepth - 1, "91") + from_hex("00"), as_deep_as(asked)),
            ScanStatus::complete
        );
        EXPECT_EQ(
            scan(repeat(kMaxDepth, "91") + from_hex("00"), as_deep_as(asked)), ScanStatus::complete
        );
        EXPECT_EQ(scan(repeat(kMaxDepth + 1, "91"), as_deep_as(asked)), ScanStatus::too_deep);
    }
}

TEST(ScannerLimits, EndATowerOfTenThousandAtTheFirstBrickTooMany) {
    const std::string tower = repeat(10000, "91");
    EXPECT_EQ(scan(tower), ScanStatus::too_deep);
    Scanner scanner{Limits{}};
    for (std::size_t here = 1; here <= 64; ++here)
        ASSERT_EQ(scanner.scan(tower.data(), here), ScanStatus::need_more);
    EXPECT_EQ(scanner.scan(tower.data(), 65), ScanStatus::too_deep);
}

}  // namespace
}  // namespace rollcall::codec::tests
