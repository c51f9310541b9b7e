#pragma once
// Instances as the JSON text of the registry's HTTP API.

#include <rollcall/base/result.h>
#include <rollcall/registry/instance.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::registry {

// The answer of GET /v1/services/{service}.
struct InstanceList {
    std::string index;  // opaque: changes whenever the list does
    std::vector<Instance> instances;
};

// One object, on one line, with every field but `eureka`, `ttl` when it is 0 and `addr` when it is
// empty.
// `ttl` is in seconds, with a fraction if it has one; `override` is null if there is none. Bytes
// that are not UTF-8 are replaced.
[[nodiscard]] std::string to_json(const Instance& instance);

// Reads such an object. Absent fields keep their defaults, unknown ones are ignored, so that both
// sides can be of different versions. Only types and ranges of numbers are checked; validate()
// does the rest. Errors are invalid_argument and name the field.
[[nodiscard]] Result<Instance> instance_from_json(std::string_view text);

// Reads a whole list answer; an instance that cannot be read makes the list an error that says
// which one.
[[nodiscard]] Result<InstanceList> instance_list_from_json(std::string_view text);

// Reads the answer of POST /v1/watch, by service.
[[nodiscard]] Result<std::map<std::string, InstanceList>> changed_lists_from_json(
    std::string_view text
);

// A list in a file.
struct SavedList {
    std::string service;
    std::int64_t saved = 0;  // seconds since 1970
    InstanceList list;
};

[[nodiscard]] std::string to_json(const SavedList& saved);
// An error says what is missing; nothing but a list that was written whole is read.
[[nodiscard]] Result<SavedList> saved_list_from_json(std::string_view text);

}  // namespace rollcall::registry
