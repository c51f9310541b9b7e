// The scanner, the reader and the packers against msgpack-c, which was written by others.
#include <rollcall/codec/pack.h>
#include <rollcall/codec/reader.h>
#include <rollcall/codec/scanner.h>

#include "codec/hex.h"
#include "codec/random_value.h"
#include "support/seed.h"

#include <gtest/gtest.h>

namespace rollcall::codec::tests {
namespace {

enum class Verdict { complete, need_more, invalid, over_limit };

struct Judgement {
    Verdict verdict = Verdict::invalid;
    std::size_t size = 0;
};

// Never without limits: msgpack-c allocates what a header asks for.
Judgement msgpack_c_on(std::string_view bytes) {
    const std::size_t most = bytes.size();
    const msgpack::unpack_limit limits{most, most, most, most, most, 2 * kMaxDepth};
    try {
        std::size_t offset = 0;
        const msgpack::object_handle value =
            msgpack::unpack(bytes.data(), bytes.size(), offset, nullptr, nullptr, limits);
        return {Verdict::complete, offset};
    } catch (const msgpack::insufficient_bytes&) {
        return {Verdict::need_more, 0};
    } catch (const msgpack::size_overflow&) {
        return {Verdict::over_limit, 0};
    } catch (const msgpack::parse_error&) {
        return {Verdict::invalid, 0};
    }
}

// Both must say the same wherever both can tell; a promise of more than is here is "need more" to
// the scanner and over the limit to msgpack-c, whose limits are the bytes that are here.
void expect_agreement(std::string_view bytes) {
    Scanner scanner{Limits{}};
    const ScanStatus ours = scanner.scan(bytes.data(), bytes.size());
    const Judgement theirs = msgpack_c_on(bytes);
    switch (ours) {
        case ScanStatus::complete:
            EXPECT_EQ(theirs.verdict, Verdict::complete) << to_hex(bytes);
            EXPECT_EQ(theirs.size, scanner.size()) << to_hex(bytes);
            return;
        case ScanStatus::need_more:
            EXPECT_TRUE(
                theirs.verdict == Verdict::need_more || theirs.verdict == Verdict::over_limit
            ) << to_hex(bytes);
            return;
        case ScanStatus::invalid:
            EXPECT_TRUE(theirs.verdict == Verdict::invalid || theirs.verdict == Verdict::over_limit)
                << to_hex(bytes);
            return;
        case ScanStatus::too_large:
            EXPECT_NE(theirs.verdict, Verdict::complete) << to_hex(bytes);
            return;
        case ScanStatus::too_deep:
            return;  // msgpack-c was let go deeper here, so that it decides on everything else
    }
}

TEST(Differential, RandomValuesScanToTheirSizeInBoth) {
    Random random{rollcall::tests::seed()};
    for (int round = 0; round < 1000; ++round) {
        const std::string value = random_value(random);
        Scanner scanner{Limits{}};
        ASSERT_EQ(scanner.scan(value.data(), value.size()), ScanStatus::complete);
        ASSERT_EQ(scanner.size(), value.size());
        Reader reader{value};
        ASSERT_EQ(reader.skip().size(), value.size());
        ASSERT_TRUE(reader.at_end());
        const Judgement theirs = msgpack_c_on(value);
        ASSERT_EQ(theirs.verdict, Verdict::complete);
        ASSERT_EQ(theirs.size, value.size());
    }
}

TEST(Differential, MutatedValuesGetTheSameVerdict) {
    Random random{rollcall::tests::seed()};
    for (int round = 0; round < 5000; ++round) {
        std::string value = random_value(random, 2).substr(0, 300);
        for (std::size_t flips = 1 + below(random, 4); flips > 0; --flips)
            value[below(random, value.size())] = static_cast<char>(below(random, 256));
        expect_agreement(value);
        if (HasFailure()) return;
    }
}

TEST(Differential, RandomBytesGetTheSameVerdict) {
    Random random{rollcall::tests::seed()};
    for (int round = 0; round < 5000; ++round) {
        expect_agreement(random_bytes(random, 1 + below(random, 100)));
        if (HasFailure()) return;
    }
}

// Ours and msgpack-c's packing of the same value.
template <class T>
void expect_same_bytes(const T& value) {
    Buffer ours;
    pack(ours, value);
    msgpack::sbuffer theirs;
    msgpack::pack(theirs, value);
    ASSERT_EQ(to_hex(ours.view()), to_hex({theirs.data(), theirs.size()}));
}

TEST(Differential, OurPackersWriteWhatMsgpackCWrites) {
    Random random{rollcall::tests::seed()};
    for (int round = 0; round < 2000; ++round) {
        const auto bits = static_cast<std::int64_t>(random() >> below(random, 64));
        expect_same_bytes(bits);
        expect_same_bytes(-bits);
        expect_same_bytes(static_cast<std::uint64_t>(bits));
        expect_same_bytes(static_cast<std::int8_t>(bits));
        expect_same_bytes(static_cast<std::uint16_t>(bits));
        expect_same_bytes(static_cast<double>(bits % 1000) + 0.25);
        const std::string text = random_bytes(random, random_size(random));
        expect_same_bytes(text);
        expect_same_bytes(std::vector<char>{text.begin(), text.end()});
        expect_same_bytes(std::vector<std::optional<std::string>>{text, std::nullopt});
        expect_same_bytes(std::map<std::int64_t, std::vector<bool>>{{bits, {true, false}}, {1, {}}}
        );
        expect_same_bytes(std::tuple{bits, text, false, std::pair{text, bits}});
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace rollcall::codec::tests
