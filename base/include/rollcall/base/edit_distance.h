#pragma once
// The name that was probably meant.

#include <cstddef>
#include <span>
#include <string_view>

namespace rollcall {

// Beyond this the rest of a text is not compared.
inline constexpr std::size_t kComparedBytesMax = 64;

// How many insertions, deletions, substitutions and swaps of neighbours make `a` of `b` (optimal
// string alignment); `most` + 1 if there are more than `most`. Any thread; allocates nothing.
[[nodiscard]] std::size_t edit_distance(
    std::string_view a, std::string_view b, std::size_t most = kComparedBytesMax
);

// The candidate nearest to `name` within two edits (and never more than a third of its length), or
// empty. Cost is bounded whatever a peer sends: names longer than 64 bytes have no neighbour, and
// at most 256 candidates are looked at. Valid as long as the candidates. Any thread.
[[nodiscard]] std::string_view nearest_name(
    std::string_view name, std::span<const std::string_view> candidates
);

}  // namespace rollcall
