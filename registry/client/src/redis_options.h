#pragma once
// Which Redis, and where in it.

#include <rollcall/base/endpoint.h>
#include <rollcall/http/stream.h>
#include <rollcall/registry/access_options.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace rollcall::registry {

struct RedisOptions {
    Endpoint server;
    http::StreamOptions stream;
    std::string user;      // empty: Redis's own default
    std::string password;  // empty: none is sent. Never part of a message
    int database = 0;
    std::string prefix = "rollcall:";       // of keys and channels
    std::chrono::milliseconds ttl{15'000};  // of instances that ask for none
    std::size_t reply_bytes_max = 64 * 1024 * 1024;
};

// redis://[user:password@]host[:6379][/db][?prefix=rollcall:][&ttl=15], or rediss:// for TLS. User,
// password and prefix are percent-decoded. Without a password in the URL that is the token of
// `access`, so that it need not be on a command line. The error is invalid_argument.
[[nodiscard]] Result<RedisOptions> redis_options(std::string_view url, const AccessOptions& access);

}  // namespace rollcall::registry
