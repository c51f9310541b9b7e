#include <rollcall/registry/announcer.h>

#include <algorithm>

namespace rollcall::registry {

std::string lease_name(const Instance& instance) {
    std::string name = instance.service;
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return name + "/" + instance.id;
}

}  // namespace rollcall::registry
