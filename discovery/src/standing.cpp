#include "standing.h"

namespace rollcall::discovery {

bool takes_calls(const registry::Instance& instance) {
    return instance.effective_status() == registry::Status::up && instance.scheme == "tcp" &&
           (instance.port != 0 || instance.endpoint().is_unix()) && !instance.address.empty();
}

std::vector<std::uint32_t> fittest(const std::vector<Standing>& all) {
    std::size_t near = 0;
    std::size_t near_and_well = 0;
    for (const Standing& each : all) {
        if (each.far) continue;
        ++near;
        if (!each.avoided && !each.stale) ++near_and_well;
    }
    const bool zones_count = near_and_well > 0 && near_and_well * 2 >= near;
    std::vector<std::uint32_t> best;
    int least = 8;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const Standing& each = all[i];
        if (each.tried) continue;
        const int burden =
            (each.avoided ? 4 : 0) + (each.stale ? 2 : 0) + (each.far && zones_count ? 1 : 0);
        if (burden > least) continue;
        if (burden < least) best.clear();
        least = burden;
        best.push_back(static_cast<std::uint32_t>(i));
    }
    return best;
}

}  // namespace rollcall::discovery
