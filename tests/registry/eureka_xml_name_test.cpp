// Keys of users as names of XML elements, and texts of users in XML.
#include "eureka_xml_name.h"

#include <gtest/gtest.h>

#include <pugixml.hpp>

namespace rollcall::registry {

TEST(EurekaXmlName, LeavesPlainNamesAlone) {
    for (const char* name : {"zone", "_x", "a-b.c_d", "Ab1", "my_xray", "_xyz", "_x00"}) {
        EXPECT_EQ(xml_name(name), name);
        EXPECT_EQ(key_of_xml_name(name), name);
    }
}

TEST(EurekaXmlName, EscapesWhatNoNameHas) {
    EXPECT_EQ(xml_name("a b"), "a_x0020_b");
    EXPECT_EQ(xml_name("1st"), "_x0031_st");
    EXPECT_EQ(xml_name("-"), "_x002D_");
    EXPECT_EQ(xml_name("xml:lang"), "xml_x003A_lang");
    EXPECT_EQ(xml_name("<k>&\"'/"), "_x003C_k_x003E__x0026__x0022__x0027__x002F_");
    EXPECT_EQ(xml_name("\xc3\xa9"), "_x00E9_");
    EXPECT_EQ(xml_name("\xf0\x9f\x99\x82"), "_x1F642_");
    EXPECT_EQ(xml_name("\xff"), "_xFFFD_");
    EXPECT_EQ(xml_name(""), "_");
}

TEST(EurekaXmlName, EveryKeyComesBack) {
    for (const char* key :
         {"_x0020_",
          "a_x0041_",
          "_x0041 ",
          "_x00411",
          "__x0041_",
          "_x1F642_",
          "_xD800_",
          "a b",
          "_x005F_x0041_",
          "\xe5\xae\x9e\xe4\xbe\x8b",
          "\xf0\x9f\x99\x82",
          "x_x",
          "_"}) {
        EXPECT_EQ(key_of_xml_name(xml_name(key)), key) << xml_name(key);
    }
}

TEST(EurekaXmlName, NamesAreWellFormed) {
    for (int byte = 1; byte < 256; ++byte) {
        const std::string key{static_cast<char>(byte), 'k'};
        const std::string text = "<" + xml_name(key) + "/>";
        EXPECT_TRUE(pugi::xml_document{}.load_string(text.c_str())) << text;
    }
}

TEST(EurekaXmlText, KeepsWhatXmlCanHold) {
    const std::string text = "plain <&>\"' \t\n \xc3\xa9 \xef\xbf\xbc \xf0\x9f\x99\x82 \x7f";
    EXPECT_EQ(xml_text(text), text);
    EXPECT_EQ(xml_text(""), "");
}

TEST(EurekaXmlText, ReplacesWhatXmlCannotHold) {
    const std::string replaced = "\xef\xbf\xbd";
    for (const char* bad :
         {"\x01", "\x1f", "\r", "\xef\xbf\xbe", "\xef\xbf\xbf", "\xff", "\xc0", "\xc3"}) {
        EXPECT_EQ(xml_text(std::string{"a"} + bad), "a" + replaced);
    }
    EXPECT_EQ(xml_text(std::string("\0", 1)), replaced);
    // A surrogate is three bytes that are not UTF-8.
    EXPECT_EQ(xml_text("\xed\xa0\x80"), replaced + replaced + replaced);
}

}  // namespace rollcall::registry
