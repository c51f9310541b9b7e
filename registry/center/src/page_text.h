#pragma once
// What page/embed.cmake makes of the page's sources at build time.

#include <cstddef>

namespace rollcall::registry {

extern const unsigned char* const kPageBytes;  // HTML in UTF-8
extern const std::size_t kPageSize;
extern const char* const kPageETag;        // with its quotation marks
extern const char* const kPageStyleHash;   // "sha256-..." of the one <style> element
extern const char* const kPageScriptHash;  // and of the one <script> element

}  // namespace rollcall::registry
