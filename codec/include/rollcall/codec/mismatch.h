#pragma once
// What was expected where something else came.

#include <string>
#include <string_view>

namespace rollcall::codec {

// Only filled when an unpack fails.
struct Mismatch {
    std::string expected;
    std::string got;
    // The place inside of aggregates and variants: "Order, member 2: Item, member 1". Empty if the
    // value itself does not fit.
    std::string where;

    // Says that what `where` tells is inside of `place`. Called from the inside to the outside;
    // what lies between is left out when it becomes long.
    void inside(std::string_view place);

    // "Order, member 2: expected string, got int 5".
    [[nodiscard]] std::string to_string() const;
};

}  // namespace rollcall::codec
