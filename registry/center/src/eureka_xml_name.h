#pragma once
// Texts of users in XML documents.

#include <string>
#include <string_view>

namespace rollcall::registry {

// An element name for any key: what no plain name has is written _xHHHH_, its code point, and so
// is a '_' that could be taken for the start of such an escape.
[[nodiscard]] std::string xml_name(std::string_view key);

// The key that such a name stands for.
[[nodiscard]] std::string key_of_xml_name(std::string_view name);

// The text with U+FFFD for what XML cannot hold and for bytes that are not UTF-8. Not escaped.
[[nodiscard]] std::string xml_text(std::string_view text);

}  // namespace rollcall::registry
