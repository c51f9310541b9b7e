// Golden bytes: every place in the MessagePack specification where the encoding changes.
#include <rollcall/codec/pack.h>

#include "codec/hex.h"

#include <gtest/gtest.h>

#include <limits>

namespace rollcall::codec::tests {
namespace {

template <class T>
std::string packed(const T& value) {
    Buffer out;
    pack(out, value);
    return std::string{out.view()};
}

template <class T>
std::string packed_hex(const T& value) {
    return to_hex(packed(value));
}

TEST(Pack, UnsignedIntegersTakeTheShortestEncoding) {
    EXPECT_EQ(packed_hex(0U), "00");
    EXPECT_EQ(packed_hex(127U), "7f");
    EXPECT_EQ(packed_hex(128U), "cc 80");
    EXPECT_EQ(packed_hex(255U), "cc ff");
    EXPECT_EQ(packed_hex(256U), "cd 01 00");
    EXPECT_EQ(packed_hex(65535U), "cd ff ff");
    EXPECT_EQ(packed_hex(65536U), "ce 00 01 00 00");
    EXPECT_EQ(packed_hex(0xffffffffU), "ce ff ff ff ff");
    EXPECT_EQ(packed_hex(std::uint64_t{0x100000000}), "cf 00 00 00 01 00 00 00 00");
    EXPECT_EQ(packed_hex(std::numeric_limits<std::uint64_t>::max()), "cf ff ff ff ff ff ff ff ff");
}

TEST(Pack, SignedIntegersTakeTheShortestEncoding) {
    EXPECT_EQ(packed_hex(0), "00");
    EXPECT_EQ(packed_hex(127), "7f");
    EXPECT_EQ(packed_hex(128), "cc 80");
    EXPECT_EQ(packed_hex(std::numeric_limits<std::int32_t>::max()), "ce 7f ff ff ff");
    EXPECT_EQ(packed_hex(std::numeric_limits<std::int64_t>::max()), "cf 7f ff ff ff ff ff ff ff");
    EXPECT_EQ(packed_hex(-1), "ff");
    EXPECT_EQ(packed_hex(-32), "e0");
    EXPECT_EQ(packed_hex(-33), "d0 df");
    EXPECT_EQ(packed_hex(-128), "d0 80");
    EXPECT_EQ(packed_hex(-129), "d1 ff 7f");
    EXPECT_EQ(packed_hex(-32768), "d1 80 00");
    EXPECT_EQ(packed_hex(-32769), "d2 ff ff 7f ff");
    EXPECT_EQ(packed_hex(std::numeric_limits<std::int32_t>::min()), "d2 80 00 00 00");
    EXPECT_EQ(packed_hex(std::int64_t{-2147483649}), "d3 ff ff ff ff 7f ff ff ff");
    EXPECT_EQ(packed_hex(std::numeric_limits<std::int64_t>::min()), "d3 80 00 00 00 00 00 00 00");
    EXPECT_EQ(packed_hex(std::int8_t{-128}), "d0 80");
    EXPECT_EQ(packed_hex(std::uint8_t{255}), "cc ff");
    EXPECT_EQ(packed_hex(std::int16_t{-129}), "d1 ff 7f");
}

TEST(Pack, NilBoolAndFloats) {
    EXPECT_EQ(packed_hex(nullptr), "c0");
    EXPECT_EQ(packed_hex(std::monostate{}), "c0");
    EXPECT_EQ(packed_hex(false), "c2");
    EXPECT_EQ(packed_hex(true), "c3");
    EXPECT_EQ(packed_hex(1.5F), "ca 3f c0 00 00");
    EXPECT_EQ(packed_hex(1.5), "cb 3f f8 00 00 00 00 00 00");
    // A whole number stays a double: the type is the method's, not the value's.
    EXPECT_EQ(packed_hex(1.0), "cb 3f f0 00 00 00 00 00 00");
    EXPECT_EQ(packed_hex(-0.0), "cb 80 00 00 00 00 00 00 00");
    EXPECT_EQ(packed_hex(std::numeric_limits<double>::infinity()), "cb 7f f0 00 00 00 00 00 00");
    EXPECT_EQ(packed_hex(std::numeric_limits<float>::infinity()), "ca 7f 80 00 00");
}

// The bytes in front of the payload.
template <class T>
std::string head_of(const T& value, std::size_t payload) {
    const std::string bytes = packed(value);
    return to_hex(bytes.substr(0, bytes.size() - payload));
}

TEST(Pack, TextTakesTheShortestHeader) {
    const auto head = [](std::size_t size) { return head_of(std::string(size, 'x'), size); };
    EXPECT_EQ(head(0), "a0");
    EXPECT_EQ(head(31), "bf");
    EXPECT_EQ(head(32), "d9 20");
    EXPECT_EQ(head(255), "d9 ff");
    EXPECT_EQ(head(256), "da 01 00");
    EXPECT_EQ(head(65535), "da ff ff");
    EXPECT_EQ(head(65536), "db 00 01 00 00");
    EXPECT_EQ(packed_hex("ab"), "a2 61 62");
    EXPECT_EQ(packed_hex(std::string_view{"ab"}), "a2 61 62");
    const char* const pointer = "ab";
    EXPECT_EQ(packed_hex(pointer), "a2 61 62");
}

TEST(Pack, BytesTakeTheShortestHeader) {
    const auto head = [](std::size_t size) { return head_of(std::vector<char>(size), size); };
    EXPECT_EQ(head(0), "c4 00");
    EXPECT_EQ(head(255), "c4 ff");
    EXPECT_EQ(head(256), "c5 01 00");
    EXPECT_EQ(head(65535), "c5 ff ff");
    EXPECT_EQ(head(65536), "c6 00 01 00 00");
    EXPECT_EQ(packed_hex(std::vector<unsigned char>{1, 255}), "c4 02 01 ff");
    EXPECT_EQ(packed_hex(std::vector<std::byte>{std::byte{1}}), "c4 01 01");
    EXPECT_EQ(packed_hex(std::span<const char>{"ab", 2}), "c4 02 61 62");
}

TEST(Pack, ContainersTakeTheShortestHeader) {
    const auto array = [](std::size_t size) { return head_of(std::vector<int>(size), size); };
    EXPECT_EQ(array(0), "90");
    EXPECT_EQ(array(15), "9f");
    EXPECT_EQ(array(16), "dc 00 10");
    EXPECT_EQ(array(65535), "dc ff ff");
    EXPECT_EQ(array(65536), "dd 00 01 00 00");
    const auto map = [](std::size_t size) {
        Buffer out;
        pack_map_head(out, size);
        return to_hex(out.view());
    };
    EXPECT_EQ(map(0), "80");
    EXPECT_EQ(map(15), "8f");
    EXPECT_EQ(map(16), "de 00 10");
    EXPECT_EQ(map(65535), "de ff ff");
    EXPECT_EQ(map(65536), "df 00 01 00 00");
}

TEST(Pack, ContainersAndTheirElements) {
    EXPECT_EQ(packed_hex(std::map<std::string, int>{{"a", 1}, {"b", 2}}), "82 a1 61 01 a1 62 02");
    EXPECT_EQ(packed_hex(std::unordered_map<int, bool>{{1, true}}), "81 01 c3");
    EXPECT_EQ(packed_hex(std::pair{1, std::string{"a"}}), "92 01 a1 61");
    EXPECT_EQ(packed_hex(std::tuple{1, true, 1.5F}), "93 01 c3 ca 3f c0 00 00");
    EXPECT_EQ(packed_hex(std::tuple<>{}), "90");
    EXPECT_EQ(packed_hex(std::array<int, 3>{1, 2, 3}), "93 01 02 03");
    EXPECT_EQ(packed_hex(std::vector<bool>{true, false}), "92 c3 c2");
    EXPECT_EQ(packed_hex(std::optional<int>{}), "c0");
    EXPECT_EQ(packed_hex(std::optional<int>{5}), "05");
    EXPECT_EQ(packed_hex(Raw{}), "c0");
    EXPECT_EQ(packed_hex(Raw{from_hex("92 01 02")}), "92 01 02");
    EXPECT_EQ(packed_hex(std::vector<RawView>{RawView{"\x01"}, RawView{}}), "92 01 c0");
}

TEST(Pack, RefusesWhatMessagePackCannotCount) {
    Buffer out;
    constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max();
    pack_array_head(out, kMost);
    pack_map_head(out, kMost);
    EXPECT_EQ(to_hex(out.view()), "dd ff ff ff ff df ff ff ff ff");
    EXPECT_THROW(pack_array_head(out, kMost + 1), std::length_error);
    EXPECT_THROW(pack_map_head(out, kMost + 1), std::length_error);
    // The size is checked before the bytes are looked at.
    const char byte = 'x';
    EXPECT_THROW(pack_str(out, std::string_view{&byte, kMost + 1}), std::length_error);
    EXPECT_THROW(pack_bin(out, std::span<const char>{&byte, kMost + 1}), std::length_error);
    EXPECT_EQ(out.size(), 10U);
}

}  // namespace
}  // namespace rollcall::codec::tests
