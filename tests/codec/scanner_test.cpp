// The scanner on well-formed and cut values. Each prefix is scanned in memory of exactly its size,
// so that a sanitizer sees a read beyond what is available.
#include <rollcall/codec/raw.h>
#include <rollcall/codec/scanner.h>

#include "codec/hex.h"
#include "codec/random_value.h"
#include "support/seed.h"

#include <gtest/gtest.h>

#include <vector>

namespace rollcall::codec::tests {
namespace {

ScanStatus scan_exactly(Scanner& scanner, std::string_view bytes) {
    const std::vector<char> exact(bytes.begin(), bytes.end());
    return scanner.scan(exact.data(), exact.size());
}

// One value of every kind of header, empty and filled.
std::vector<std::string> values_of_every_header() {
    std::vector<std::string> values;
    for (const char* hex :
         {"00",
          "7f",
          "80",
          "90",
          "a0",
          "c0",
          "c2",
          "c3",
          "c4 00",
          "c4 03 01 02 03",
          "c5 00 00",
          "c5 00 03 01 02 03",
          "c6 00 00 00 00",
          "c6 00 00 00 03 01 02 03",
          "c7 00 05",
          "c7 03 05 01 02 03",
          "c8 00 00 05",
          "c8 00 03 05 01 02 03",
          "c9 00 00 00 00 05",
          "c9 00 00 00 03 05 01 02 03",
          "ca 3f 80 00 00",
          "cb 3f f0 00 00 00 00 00 00",
          "cc ff",
          "cd ff ff",
          "ce ff ff ff ff",
          "cf ff ff ff ff ff ff ff ff",
          "d0 80",
          "d1 80 00",
          "d2 80 00 00 00",
          "d3 80 00 00 00 00 00 00 00",
          "d4 05 01",
          "d5 05 01 02",
          "d6 05 01 02 03 04",
          "d9 00",
          "d9 03 c1 c1 c1",
          "da 00 00",
          "da 00 03 c1 c1 c1",
          "db 00 00 00 00",
          "db 00 00 00 03 c1 c1 c1",
          "dc 00 00",
          "dc 00 02 01 a1 78",
          "dd 00 00 00 00",
          "dd 00 00 00 02 01 a1 78",
          "de 00 00",
          "de 00 02 01 a1 78 02 90",
          "df 00 00 00 00",
          "df 00 00 00 02 01 a1 78 02 80",
          "e0",
          "ff",
          "94 00 ce 00 01 00 00 a3 61 64 64 92 01 81 a1 6b c4 02 c1 c1"}) {
        values.push_back(from_hex(hex));
    }
    values.push_back(from_hex("d7 05") + std::string(8, 'x'));
    values.push_back(from_hex("d8 05") + std::string(16, 'x'));
    values.push_back(from_hex("bf") + std::string(31, 'x'));
    values.push_back(from_hex("9f") + repeat(15, "c0"));
    values.push_back(from_hex("8f") + repeat(15, "a1 6b 92 01 02"));
    return values;
}

TEST(Scanner, FindsTheEndOfEveryHeaderKindAndAsksForMoreBeforeIt) {
    for (const std::string& value : values_of_every_header()) {
        for (std::size_t cut = 0; cut < value.size(); ++cut) {
            Scanner scanner{Limits{}};
            EXPECT_EQ(scan_exactly(scanner, value.substr(0, cut)), ScanStatus::need_more)
                << to_hex(value) << " cut at " << cut;
            EXPECT_LE(scanner.needed(), value.size()) << to_hex(value) << " cut at " << cut;
        }
        Scanner scanner{Limits{}};
        EXPECT_EQ(scan_exactly(scanner, value), ScanStatus::complete) << to_hex(value);
        EXPECT_EQ(scanner.size(), value.size()) << to_hex(value);
    }
}

TEST(Scanner, GoesOnByteByByte) {
    for (const std::string& value : values_of_every_header()) {
        Scanner scanner{Limits{}};
        for (std::size_t here = 0; here < value.size(); ++here) {
            ASSERT_EQ(scan_exactly(scanner, value.substr(0, here)), ScanStatus::need_more)
                << to_hex(value) << " at " << here;
        }
        EXPECT_EQ(scan_exactly(scanner, value), ScanStatus::complete) << to_hex(value);
        EXPECT_EQ(scanner.size(), value.size()) << to_hex(value);
    }
}

TEST(Scanner, StopsAtTheEndOfTheValueWhateverFollows) {
    for (const std::string& value : values_of_every_header()) {
        Scanner scanner{Limits{}};
        EXPECT_EQ(scan_exactly(scanner, value + "\xc1\xc1"), ScanStatus::complete);
        EXPECT_EQ(scanner.size(), value.size()) << to_hex(value);
    }
}

TEST(Scanner, KnowsHowMuchIsMissingOnceTheHeaderIsHere) {
    Scanner scanner{Limits{}};
    ASSERT_EQ(scan_exactly(scanner, from_hex("c5 01 00 78")), ScanStatus::need_more);
    EXPECT_EQ(scanner.needed(), 3U + 256U);
    Scanner nested{Limits{}};
    ASSERT_EQ(scan_exactly(nested, from_hex("93 01 da 00 10")), ScanStatus::need_more);
    EXPECT_EQ(nested.needed(), 5U + 16U + 1U);
}

TEST(Scanner, DecidesOnEverySingleByte) {
    for (unsigned byte = 0; byte < 256; ++byte) {
        const char first = static_cast<char>(byte);
        Scanner scanner{Limits{}};
        const bool alone = byte <= 0x80 || byte == 0x90 || byte == 0xa0 || byte == 0xc0 ||
                           byte == 0xc2 || byte == 0xc3 || byte >= 0xe0;
        const ScanStatus expected = byte == 0xc1 ? ScanStatus::invalid
                                    : alone      ? ScanStatus::complete
                                                 : ScanStatus::need_more;
        EXPECT_EQ(scanner.scan(&first, 1), expected) << byte;
    }
}

TEST(Scanner, RefusesTheUnusedByteWhereverAHeaderStands) {
    for (const char* hex : {"c1", "91 c1", "93 01 02 c1", "81 a1 78 c1", "92 a1 c1 c1"}) {
        Scanner scanner{Limits{}};
        EXPECT_EQ(scan_exactly(scanner, from_hex(hex)), ScanStatus::invalid) << hex;
    }
    Scanner later{Limits{}};
    EXPECT_EQ(scan_exactly(later, from_hex("92 01")), ScanStatus::need_more);
    EXPECT_EQ(scan_exactly(later, from_hex("92 01 c1")), ScanStatus::invalid);
}

TEST(Scanner, SaysTheSameAtOnceAndByteByByteOnRandomBytes) {
    Random random{rollcall::tests::seed()};
    Limits limits;
    limits.max_message_bytes = 4096;
    limits.max_depth = 6;
    for (int round = 0; round < 2000; ++round) {
        const std::string bytes = random_bytes(random, 1 + below(random, 64));
        Scanner whole{limits};
        const ScanStatus at_once = scan_exactly(whole, bytes);
        Scanner stepwise{limits};
        ScanStatus status = ScanStatus::need_more;
        for (std::size_t here = 1; here <= bytes.size() && status == ScanStatus::need_more; ++here)
            status = scan_exactly(stepwise, bytes.substr(0, here));
        ASSERT_EQ(status, at_once) << to_hex(bytes);
        if (status == ScanStatus::complete) {
            ASSERT_EQ(stepwise.size(), whole.size()) << to_hex(bytes);
        }
    }
}

TEST(Raw, IsOneValueOnlyIfNothingIsMissingOrLeft) {
    EXPECT_TRUE(is_one_value(from_hex("93 01 02 03")));
    EXPECT_FALSE(is_one_value(from_hex("93 01 02")));
    EXPECT_FALSE(is_one_value(from_hex("93 01 02 03 04")));
    EXPECT_FALSE(is_one_value(from_hex("c1")));
    EXPECT_FALSE(is_one_value(""));
    EXPECT_TRUE(is_one_value(Raw{}.bytes()));
    EXPECT_TRUE(is_one_value(RawView{}.bytes()));
}

}  // namespace
}  // namespace rollcall::codec::tests
