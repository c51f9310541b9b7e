#include <rollcall/registry/instance.h>

#include <array>

namespace rollcall::registry {
namespace {

constexpr std::array<std::string_view, 4> kStatusNames{"up", "starting", "draining", "down"};

}  // namespace

std::string_view name_of(Status status) noexcept {
    return kStatusNames[static_cast<std::size_t>(status)];
}

std::optional<Status> status_from(std::string_view name) noexcept {
    for (std::size_t i = 0; i < kStatusNames.size(); ++i) {
        if (kStatusNames[i] == name) return static_cast<Status>(i);
    }
    return std::nullopt;
}

}  // namespace rollcall::registry
