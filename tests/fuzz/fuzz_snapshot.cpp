// The registry's snapshot: any bytes as a file, and, because a checksum keeps those from the
// parser, any bytes with a right one. What can be read is restored, written and read again.
#include "sha256.h"
#include "snapshot.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace rollcall::registry {
namespace {

const TimePoint kNow = TimePoint{} + std::chrono::hours{1};

// abort() under a name that shows in the report.
void require(bool holds) {
    if (!holds) std::abort();
}

void use(std::string_view text) {
    const Result<ListSnapshot> snapshot = snapshot_from_text(text);
    if (!snapshot) {
        require(!snapshot.error().message().empty());
        return;
    }
    LeaseStore store;
    const std::size_t count = restore(*snapshot, store, kNow);
    require(count <= snapshot->entries.size());
    const Result<ListSnapshot> again = snapshot_from_text(to_text(snapshot_of(store, kNow)));
    require(again && again->entries.size() == count);
    LeaseStore restored;
    require(restore(*again, restored, kNow) == count);
    for (const auto& [name, service] : store.services()) {
        for (const auto& [id, record] : service.instances) {
            const LeaseRecord* const same = restored.find(name, id);
            require(same != nullptr && *same->instance == *record.instance);
        }
    }
}

}  // namespace
}  // namespace rollcall::registry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input{reinterpret_cast<const char*>(data), size};
    rollcall::registry::use(input);
    const std::string content = "rollcall-registry-snapshot 1 7\n" + input;
    rollcall::registry::use(content + "sha256\t" + rollcall::registry::sha256(content) + "\n");
    return 0;
}
