#include "standing.h"

namespace rollcall::discovery {

bool takes_calls(const registry::Instance& instance) {
    return instance.effective_status() == registry::Status::up && instance.scheme == "tcp" &&
           instance.port != 0 && !instance.address.empty();
}

std::vector<std::size_t> fittest(const std::vector<Standing>& all) {
    std::vector<std::size_t> best;
    int least = 4;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i].tried) continue;
        const int burden = (all[i].avoided ? 2 : 0) + (all[i].stale ? 1 : 0);
        if (burden > least) continue;
        if (burden < least) best.clear();
        least = burden;
        best.push_back(i);
    }
    return best;
}

}  // namespace rollcall::discovery
