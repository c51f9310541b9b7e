#include "kinds.h"

namespace rollcall::soak {
namespace {

// One of so many calls is of this kind. Primes, so that they do not fall on each other, nor always
// on the same server.
struct Share {
    Kind kind;
    std::uint64_t one_of;
};

constexpr std::array kRare{
    Share{Kind::newcomer, 1999},
    Share{Kind::timed_out, 2003},
    Share{Kind::cancelled, 2011},
    Share{Kind::large, 997},
    Share{Kind::stream, 787},
    Share{Kind::refused, 503},
    Share{Kind::broadcast, 499},
    Share{Kind::callback, 307},
    Share{Kind::blocking, 211},
};

constexpr std::array<Kind, 20> kCommon{
    Kind::client,  Kind::service, Kind::client,    Kind::encrypted, Kind::client,
    Kind::service, Kind::client,  Kind::coroutine, Kind::client,    Kind::service,
    Kind::client,  Kind::service, Kind::client,    Kind::encrypted, Kind::pool,
    Kind::service, Kind::client,  Kind::coroutine, Kind::client,    Kind::service,
};

constexpr std::array<std::string_view, kKinds> kNames{
    "client",
    "coroutine",
    "pool",
    "service",
    "encrypted",
    "blocking",
    "large",
    "broadcast",
    "callback",
    "stream",
    "newcomer",
    "guest",
    "timed out",
    "cancelled",
    "refused",
};

}  // namespace

std::string_view name_of(Kind kind) noexcept {
    return kNames[index_of(kind)];
}

Kind kind_of(std::uint64_t number) noexcept {
    for (const Share& share : kRare) {
        if (number % share.one_of == share.one_of - 1) return share.kind;
    }
    return kCommon[number % kCommon.size()];
}

}  // namespace rollcall::soak
