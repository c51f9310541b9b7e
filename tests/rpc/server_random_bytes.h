#pragma once
// Megabytes of noise, in several disguises.

#include "server_harness.h"
#include "support/seed.h"

#include <random>

namespace rollcall::rpc::tests {

// `count` connections, one after the other, that each send 1 MiB of random bytes: from the first
// byte on, behind the head of a call, as the argument of one, and behind a whole one.
inline void send_random_megabytes(const Endpoint& endpoint, std::size_t count) {
    constexpr std::size_t kMebibyte = std::size_t{1} << 20U;
    std::mt19937_64 random{rollcall::tests::seed()};
    std::string noise(kMebibyte, '\0');
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t at = 0; at < noise.size(); at += sizeof(std::uint64_t)) {
            const std::uint64_t word = random();
            std::memcpy(noise.data() + at, &word, sizeof word);
        }
        RawPeer peer{endpoint};
        switch (i % 4) {
            case 0:
                break;
            case 1:
                peer.send(std::string{
                    "\x94\x00\x01\xa4"
                    "echo"
                    "\x9f",
                    9});
                break;
            case 2:
                peer.send(std::string{
                    "\x94\x00\x01\xa4"
                    "echo"
                    "\x91\xc6\x00\x10\x00\x00",
                    14});
                break;
            default:
                peer.send(request(1, "add", 1, 2));
                break;
        }
        peer.send(noise);
        peer.finish();
        static_cast<void>(peer.receive_all());
    }
}

}  // namespace rollcall::rpc::tests
