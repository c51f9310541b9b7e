#include "inventory.h"

#include <nlohmann/json.hpp>

namespace rollcall::bench {

nlohmann::json inventory(const Contenders& all, const std::vector<Workload>& own) {
    std::vector<Workload> workloads{kWorkloads.begin(), kWorkloads.end()};
    workloads.insert(workloads.end(), own.begin(), own.end());
    nlohmann::json described = nlohmann::json::array();
    for (const Workload& workload : workloads) {
        described.push_back(
            {{"name", workload.name},
             {"what", workload.what},
             {"pipelined", workload.pattern == Pattern::pipelined}}
        );
    }
    nlohmann::json names = nlohmann::json::array();
    for (const Contender& contender : all) {
        nlohmann::json can = nlohmann::json::array();
        for (const Workload& workload : workloads) {
            if (contender.can_do(workload)) can.push_back(workload.name);
        }
        names.push_back(
            {{"name", contender.name},
             {"workloads", can},
             {"memory", contender.connections},
             {"when_named", contender.unpinned}}
        );
    }
    return {{"workloads", described}, {"contenders", names}};
}

}  // namespace rollcall::bench
