#pragma once
// The bytes of a connection, plain or encrypted, under one deadline.

#include <rollcall/base/error.h>

#include "socket_io.h"

#include <optional>

namespace rollcall::http {

// Over a connected non-blocking socket that it does not own and that outlives it. One thread at a
// time. Never raises SIGPIPE.
class Channel {
public:
    Channel() = default;
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;
    virtual ~Channel() = default;

    // At least one byte, or why not.
    [[nodiscard]] virtual Transfer read_some(
        char* data, std::size_t size, const IoBounds& bounds
    ) = 0;

    // All of it, or why not.
    [[nodiscard]] virtual Transfer write_all(
        const char* data, std::size_t size, const IoBounds& bounds
    ) = 0;

    // What it knows about the last transfer that `failed`, if that is more than its errno.
    [[nodiscard]] virtual std::optional<Error> failure() const { return std::nullopt; }
};

class PlainChannel final : public Channel {
public:
    explicit PlainChannel(int descriptor) : descriptor_(descriptor) {}

    [[nodiscard]] Transfer read_some(char* data, std::size_t size, const IoBounds& bounds)
        override {
        return http::read_some(descriptor_, data, size, bounds);
    }

    [[nodiscard]] Transfer write_all(const char* data, std::size_t size, const IoBounds& bounds)
        override {
        return http::write_all(descriptor_, data, size, bounds);
    }

private:
    int descriptor_;
};

}  // namespace rollcall::http
