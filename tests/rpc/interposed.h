#pragma once
// This program's own getaddrinfo, connect and pthread_create, which stand before those of the C
// library.

#include <rollcall/base/endpoint.h>

namespace rollcall::tests {

// Looking up this name blocks until release_hung_lookups(); then, until hold_hung_lookups(), it
// does not exist.
inline constexpr const char* kHungName = "hung.test";
// Does not exist.
inline constexpr const char* kUnknownName = "unknown.test";
// Has two addresses, 127.0.0.2 and 127.0.0.1.
inline constexpr const char* kTwoAddressesName = "two.test";

void hold_hung_lookups();
void release_hung_lookups();

// While it lives, no thread can be started.
class NoThreads {
public:
    NoThreads();
    ~NoThreads();
    NoThreads(const NoThreads&) = delete;
    NoThreads& operator=(const NoThreads&) = delete;
};

// How many lookups of kHungName have begun since hold_hung_lookups().
[[nodiscard]] int hung_lookups();

// While it lives, sockets that connect to `endpoint` (127.0.0.1) are bound to the same address
// first, so that they connect to themselves. One at a time.
class SelfConnecting {
public:
    explicit SelfConnecting(const Endpoint& endpoint);
    ~SelfConnecting();
    SelfConnecting(const SelfConnecting&) = delete;
    SelfConnecting& operator=(const SelfConnecting&) = delete;

    // How many sockets have connected to themselves.
    [[nodiscard]] static int count();
};

}  // namespace rollcall::tests
