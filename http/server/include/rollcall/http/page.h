#pragma once
// A page that is embedded in a program: one HTML text with its own style and script.

#include <rollcall/http/request.h>
#include <rollcall/http/response.h>

#include <cstddef>

namespace rollcall::http {

// What rollcall_embed_page() of CMake makes of a page's sources.
struct Page {
    const unsigned char* bytes = nullptr;  // HTML in UTF-8
    std::size_t size = 0;
    const char* etag = "";         // with its quotation marks
    const char* style_hash = "";   // "sha256-..." of the one <style> element
    const char* script_hash = "";  // and of the one <script> element
};

// Answers a GET of the page, or that the browser has it already. Only the page's own style and
// script run, it talks to this server alone, nobody may frame it, and no text can become HTML.
[[nodiscard]] Response page_response(const Request& request, const Page& page);

}  // namespace rollcall::http
