#include "content_index.h"

#include <rollcall/base/hash.h>
#include <rollcall/registry/instance_json.h>

#include <array>
#include <cstdio>

namespace rollcall::registry {

std::string content_index(const std::vector<Instance>& instances) {
    std::string text;
    for (const Instance& instance : instances)
        text += to_json(instance) + "\n";
    // Two hashes: 64 bits alone are few for lists that live for years.
    std::array<char, 33> digits{};
    std::snprintf(
        digits.data(),
        digits.size(),
        "%016llx%016llx",
        static_cast<unsigned long long>(stable_hash(text)),
        static_cast<unsigned long long>(stable_hash("rollcall" + text))
    );
    return digits.data();
}

Instance instance_of(const Endpoint& endpoint, const std::string& via) {
    Instance instance;
    instance.id = endpoint.to_string();
    instance.address = endpoint.host();
    instance.port = endpoint.port();
    instance.via = via;
    return instance;
}

}  // namespace rollcall::registry
