#pragma once
// What the layers of a call keep with it for as long as it is under way.

#include <memory>
#include <typeindex>
#include <utility>
#include <vector>

namespace rollcall::rpc {

// Values by type and by who has put them there; few of them. Thread safety: as a std::vector.
class Attachments {
public:
    // Sets or replaces.
    void put(std::type_index type, const void* owner, std::shared_ptr<void> value);

    // Null if there is none.
    [[nodiscard]] void* find(std::type_index type, const void* owner) const noexcept;

private:
    struct Kept {
        std::type_index type;
        const void* owner;
        std::shared_ptr<void> value;
    };

    std::vector<Kept> kept_;
};

}  // namespace rollcall::rpc
