#pragma once
// What a Rollcall instance has and Eureka's lack, as metadata: how one that was registered with an
// Eureka server is read back whole, and told from the web applications that are listed beside it.

#include <rollcall/registry/instance.h>

#include <map>
#include <string>

namespace rollcall::registry {

using EurekaMetadata = std::map<std::string, std::string>;

// rollcall.scheme is there always; .version, .weight, .tags (a JSON array) and .incarnation only if
// they are not the default. The zone is `zone`, as everywhere in Eureka, and rollcall.zone only if
// the instance has a metadata key `zone` of its own.
void add_marks(EurekaMetadata& metadata, const Instance& from);

// The process drains: for a registration that has to say DOWN, see EurekaAnnouncer.
void mark_draining(EurekaMetadata& metadata);

[[nodiscard]] bool has_marks(const EurekaMetadata& metadata);

// Who registered it; empty if that is not said.
[[nodiscard]] std::string incarnation_in(const EurekaMetadata& metadata);

// Takes the marks out of the instance's metadata and sets what they say. One that cannot be read
// is as if it were not there. Nothing happens to an instance without rollcall.scheme.
void take_marks(Instance& instance);

}  // namespace rollcall::registry
