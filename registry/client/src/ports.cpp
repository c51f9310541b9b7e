#include <rollcall/registry/announcer.h>
#include <rollcall/registry/source.h>

#include <algorithm>

namespace rollcall::registry {

std::string lease_name(const Instance& instance) {
    std::string name = instance.service;
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return name + "/" + instance.id;
}

Result<std::vector<Snapshot>> Source::wait(
    const std::vector<KnownList>& /*known*/,
    Duration /*wait*/,
    Deadline /*deadline*/,
    std::stop_token /*stop*/
) {
    return Error{Errc::registry_failed, "this registry cannot be watched"};
}

}  // namespace rollcall::registry
