#include <rollcall/base/base64.h>

#include <gtest/gtest.h>

#include <string>

namespace rollcall {
namespace {

TEST(Base64, IsThatOfTheStandard) {
    // The vectors of RFC 4648, section 10.
    const std::pair<const char*, const char*> vectors[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"}};
    for (const auto& [bytes, text] : vectors) {
        EXPECT_EQ(base64_encoded(bytes), text);
        EXPECT_EQ(base64_decoded(text), bytes);
    }
    EXPECT_EQ(base64_encoded("\xfb\xff\xfe"), "+//+");
}

TEST(Base64, BringsAnyByteBack) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) {
        bytes += static_cast<char>(i);
        EXPECT_EQ(base64_decoded(base64_encoded(bytes)), bytes);
    }
}

TEST(Base64, PaddingMayBeLeftOut) {
    EXPECT_EQ(base64_decoded("Zg"), "f");
    EXPECT_EQ(base64_decoded("Zm8"), "fo");
}

TEST(Base64, OtherTextIsNone) {
    for (const char* text : {"Z", "Zm9vY", "Zg===", "Z=g=", "Zm-_", "Zm 9", "Zm9v\n", "===="})
        EXPECT_EQ(base64_decoded(text), std::nullopt) << text;
}

}  // namespace
}  // namespace rollcall
