#pragma once
// RESTinio's parser callbacks, with what they keep counted. Included by connections.h alone.

#include "request_memory.h"

#include <restinio/http_server.hpp>

namespace rollcall::http {

// The parser ends a connection whose request line and headers exceed 80 KiB together.
constexpr std::size_t kHardHeadBytes = 80 * 1024;

// What a refused request has left, and goes on leaving.
inline void forget(restinio::impl::http_parser_ctx_t& kept) {
    kept.m_header = restinio::http_request_header_t{};
    kept.m_current_field_name = std::string{};
    kept.m_body = std::string{};
    kept.m_chunked_info_block = {};
}

// A request that there is no room for is read to its end, because a client that is still sending
// does not hear an answer. It is kept no more, and its answer is 503.
template <int (*Keep)(http_parser*, const char*, std::size_t)>
int keep_counted(http_parser* parser, const char* at, std::size_t length) {
    RequestReading* const reading = RequestReading::current();
    if (reading == nullptr || reading->grow(length)) return Keep(parser, at, length);
    auto& kept = *static_cast<restinio::impl::http_parser_ctx_t*>(parser->data);
    forget(kept);
    return reading->bytes() <= kept.m_limits.max_body_size() + kHardHeadBytes ? 0 : -1;
}

inline http_parser_settings counted_parsing(http_parser_settings settings) {
    settings.on_url = keep_counted<restinio::impl::restinio_url_cb>;
    settings.on_header_field = keep_counted<restinio::impl::restinio_header_field_cb>;
    settings.on_header_value = keep_counted<restinio::impl::restinio_header_value_cb>;
    settings.on_body = keep_counted<restinio::impl::restinio_body_cb>;
    settings.on_headers_complete = [](http_parser* parser) {
        // The parser takes any version; what is no HTTP/1 is not answered in it.
        constexpr int kError = -1;
        return parser->http_major == 1 ? restinio::impl::restinio_headers_complete_cb(parser)
                                       : kError;
    };
    // RESTinio would remember where each chunk began, which is many times the size of small ones.
    settings.on_chunk_header = [](http_parser*) { return 0; };
    return settings;
}

}  // namespace rollcall::http
