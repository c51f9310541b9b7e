#pragma once
// The registry's list as bytes of a file.

#include <rollcall/base/result.h>
#include <rollcall/registry/lease_store.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::registry {

// A value that shares the instances with the store, so that another thread can write it.
struct ListSnapshot {
    struct Entry {
        std::shared_ptr<const Instance> instance;
        std::chrono::system_clock::time_point registered;  // for display
        bool made_nonce = false;
    };

    std::uint64_t sequence = 0;  // the higher one of two is the newer
    std::vector<Entry> entries;
    std::vector<std::string> replaced;  // incarnations that never win again, oldest first
};

// Renewals are not part of it. The newest 4,096 replaced incarnations are: the processes that had
// the others are long gone.
[[nodiscard]] ListSnapshot snapshot_of(const LeaseStore& store, TimePoint now);

// A line per instance, then one with a checksum (SHA-256) of all before it.
[[nodiscard]] std::string to_text(const ListSnapshot& snapshot);

// A text that is torn, changed or of another version is an error that says so.
[[nodiscard]] Result<ListSnapshot> snapshot_from_text(std::string_view text);

// Lists everything in it, with whole leases from now on. Number of instances.
std::size_t restore(const ListSnapshot& snapshot, LeaseStore& store, TimePoint now);

}  // namespace rollcall::registry
