#include "inventory.h"

#include <nlohmann/json.hpp>

namespace rollcall::bench {

nlohmann::json inventory(const Contenders& all) {
    nlohmann::json described = nlohmann::json::array();
    for (const Workload& workload : kWorkloads) {
        described.push_back(
            {{"name", workload.name},
             {"what", workload.what},
             {"pipelined", workload.pattern == Pattern::pipelined}}
        );
    }
    nlohmann::json names = nlohmann::json::array();
    for (const Contender& contender : all) {
        nlohmann::json can = nlohmann::json::array();
        for (const Workload& workload : kWorkloads) {
            if (contender.can_do(workload)) can.push_back(workload.name);
        }
        names.push_back(
            {{"name", contender.name}, {"workloads", can}, {"memory", contender.connections}}
        );
    }
    return {{"workloads", described}, {"contenders", names}};
}

}  // namespace rollcall::bench
