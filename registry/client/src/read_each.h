#pragma once
// Source::read() of registries that are asked for one service at a time.

#include <rollcall/base/result.h>
#include <rollcall/registry/snapshot.h>

#include <string>
#include <utility>
#include <vector>

namespace rollcall::registry {

// `read_one(service)` gives a Result<Snapshot>; the first failure is that of all.
template <class ReadOne>
[[nodiscard]] Result<std::vector<Snapshot>> read_each(
    const std::vector<std::string>& services, ReadOne read_one
) {
    std::vector<Snapshot> snapshots;
    for (const std::string& service : services) {
        Result<Snapshot> snapshot = read_one(service);
        if (!snapshot) return snapshot.error();
        snapshots.push_back(*std::move(snapshot));
    }
    return snapshots;
}

}  // namespace rollcall::registry
