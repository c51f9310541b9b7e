#pragma once
// Random MessagePack values, packed by msgpack-c and not by the code under test.

#include <msgpack.hpp>

#include <cstdint>
#include <limits>
#include <random>
#include <string>

namespace rollcall::codec::tests {

using Random = std::mt19937_64;

// In [0, bound).
[[nodiscard]] inline std::size_t below(Random& random, std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>{0, bound - 1}(random);
}

[[nodiscard]] inline std::string random_bytes(Random& random, std::size_t size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes)
        byte = static_cast<char>(random());
    return bytes;
}

// Sizes around the places where the encoding changes.
[[nodiscard]] inline std::size_t random_size(Random& random) {
    switch (below(random, 400)) {
        case 0:
            return 65534 + below(random, 4);
        case 1:
        case 2:
        case 3:
        case 4:
            return 254 + below(random, 4);
        default:
            return below(random, 40);
    }
}

inline void pack_random(msgpack::packer<msgpack::sbuffer>& packer, Random& random, unsigned depth) {
    const std::size_t kind = below(random, depth == 0 ? 9 : 12);
    const auto number = static_cast<std::int64_t>(random() >> below(random, 64));
    switch (kind) {
        case 0:
            packer.pack_nil();
            return;
        case 1:
            packer.pack(below(random, 2) == 0);
            return;
        case 2:
            packer.pack(number);
            return;
        case 3:
            packer.pack(-number);
            return;
        case 4:
            packer.pack(static_cast<std::uint64_t>(number) << 1U);
            return;
        case 5:
            packer.pack(0.1 * static_cast<double>(number));
            return;
        case 6: {
            const std::string text = random_bytes(random, random_size(random));
            packer.pack_str(static_cast<std::uint32_t>(text.size()))
                .pack_str_body(text.data(), static_cast<std::uint32_t>(text.size()));
            return;
        }
        case 7: {
            const std::string text = random_bytes(random, random_size(random));
            packer.pack_bin(static_cast<std::uint32_t>(text.size()))
                .pack_bin_body(text.data(), static_cast<std::uint32_t>(text.size()));
            return;
        }
        case 8: {
            const std::string text = random_bytes(random, random_size(random));
            packer.pack_ext(text.size(), static_cast<std::int8_t>(below(random, 256)));
            packer.pack_ext_body(text.data(), static_cast<std::uint32_t>(text.size()));
            return;
        }
        case 9:
        case 10: {
            const std::size_t count = below(random, 20);
            packer.pack_array(static_cast<std::uint32_t>(count));
            for (std::size_t i = 0; i < count; ++i)
                pack_random(packer, random, depth - 1);
            return;
        }
        default: {
            const std::size_t count = below(random, 20);
            packer.pack_map(static_cast<std::uint32_t>(count));
            for (std::size_t i = 0; i < 2 * count; ++i)
                pack_random(packer, random, depth - 1);
            return;
        }
    }
}

// One value, nested at most `depth` deep.
[[nodiscard]] inline std::string random_value(Random& random, unsigned depth = 3) {
    msgpack::sbuffer buffer;
    msgpack::packer<msgpack::sbuffer> packer{buffer};
    pack_random(packer, random, depth);
    return {buffer.data(), buffer.size()};
}

}  // namespace rollcall::codec::tests
