#pragma once
// The address text of the header protocol.

#include <rollcall/registry/instance.h>

#include <string>
#include <string_view>
#include <vector>

namespace rollcall::registry {

// What an instance is announced as: its `addr` verbatim, else "scheme@host:port".
[[nodiscard]] std::string header_address_of(const Instance& instance);

// "scheme@host:port" or "host:port" as an instance of `service` whose `addr` and `id` are the
// text, verbatim; an error says what is wrong with it.
[[nodiscard]] Result<Instance> instance_at(std::string_view text, std::string_view service);

// "a,b,c", blanks around the entries dropped, empty entries too.
[[nodiscard]] std::vector<std::string> split_servers(std::string_view list);

}  // namespace rollcall::registry
