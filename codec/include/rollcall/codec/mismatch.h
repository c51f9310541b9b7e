#pragma once
// What was expected where something else came.

#include <string>
#include <string_view>

namespace rollcall::codec {

// A sentence about a value that does not fit. One string, because every unpack makes one of these
// and hardly any needs it.
class Mismatch {
public:
    // "expected string, got int 5". False, so that it can be returned.
    bool set(std::string_view expected, std::string_view got);

    // Says that this is in `place` of an aggregate or a variant: "Order, member 2: expected string,
    // got int 5". Called from the inside to the outside; of many places the middle ones are left
    // out.
    void inside(std::string_view place);

    // Empty if everything fitted.
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string text_;
};

}  // namespace rollcall::codec
