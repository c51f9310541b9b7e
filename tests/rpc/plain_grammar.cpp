#include "plain_grammar.h"

#include <msgpack.hpp>

#include <cstdint>
#include <map>
#include <set>

namespace rollcall::rpc::tests {
namespace {

using msgpack::type::ARRAY;
using msgpack::type::NIL;
using msgpack::type::POSITIVE_INTEGER;
using msgpack::type::STR;

constexpr std::size_t kMaxMethodBytes = 100;  // of Neovim

bool is_unsigned(const msgpack::object& value, std::uint64_t most) {
    return value.type == POSITIVE_INTEGER && value.via.u64 <= most;
}

std::string text_of(const msgpack::object& value) {
    return value.type == STR ? std::string{value.via.str.ptr, value.via.str.size} : std::string{};
}

// One value after the other; false if the bytes do not end with the last of them.
template <class Take>
bool for_each_value(std::string_view bytes, Take&& take) {
    const std::size_t most = bytes.size();
    const msgpack::unpack_limit limit{most, most, most, most, most, 64};
    std::size_t at = 0;
    while (at < bytes.size()) {
        try {
            const auto value =
                msgpack::unpack(bytes.data(), bytes.size(), at, nullptr, nullptr, limit);
            take(value.get());
        } catch (const msgpack::unpack_error&) {
            return false;
        }
    }
    return true;
}

// How often each id was asked for, by whatever looks like a request.
std::map<std::uint64_t, int> requests_in(std::string_view heard) {
    std::map<std::uint64_t, int> ids;
    static_cast<void>(for_each_value(heard, [&](const msgpack::object& value) {
        if (value.type != ARRAY || value.via.array.size < 2) return;
        const msgpack::object* const parts = value.via.array.ptr;
        if (is_unsigned(parts[0], 0) && is_unsigned(parts[1], UINT32_MAX)) ++ids[parts[1].via.u64];
    }));
    return ids;
}

class Listener {
public:
    Listener(Speaker speaker, std::string_view heard)
        : speaker_(speaker), unanswered_(requests_in(heard)) {}

    void hear(const msgpack::object& message) {
        ++number_;
        if (message.type != ARRAY || message.via.array.size == 0) return offend("is no array");
        const msgpack::object* const parts = message.via.array.ptr;
        const std::uint32_t size = message.via.array.size;
        if (!is_unsigned(parts[0], 2)) return offend("has another type than 0, 1 and 2");
        const std::uint64_t type = parts[0].via.u64;
        const std::uint32_t expected = type == 2 ? 3 : 4;
        if (size != expected) return offend("has " + std::to_string(size) + " elements");
        if (type != 2 && !is_unsigned(parts[1], UINT32_MAX)) return offend("has no 32-bit id");
        if (type == 1) return response(parts);
        const std::size_t method = type == 0 ? 2 : 1;
        invocation(type == 0, parts[method], parts[method + 1]);
    }

    void offend(const std::string& how) {
        offences.push_back("message " + std::to_string(number_) + " " + how);
    }

    std::vector<std::string> offences;

private:
    void response(const msgpack::object* parts) {
        const auto asked = unanswered_.find(parts[1].via.u64);
        if (asked == unanswered_.end() || asked->second-- == 0)
            offend("answers what was not asked, or twice");
        if (parts[2].type != NIL && parts[2].type != STR) offend("has an error that is no string");
        if (parts[2].type != NIL && parts[3].type != NIL) offend("has an error and a result");
    }

    void invocation(bool is_request, const msgpack::object& method, const msgpack::object& params) {
        const std::string name = text_of(method);
        if (method.type != STR) offend("has a method that is no string");
        if (name.size() > kMaxMethodBytes) offend("has a method of more than 100 bytes");
        if (params.type != ARRAY) offend("has params that are no array");
        const bool is_hello =
            is_request && name == "$/hello" && speaker_ == Speaker::client && number_ == 1;
        if (name.starts_with("$/") && !is_hello) offend("is " + name + ", not agreed on");
    }

    const Speaker speaker_;
    std::map<std::uint64_t, int> unanswered_;
    int number_ = 0;
};

}  // namespace

std::vector<std::string> offences(Speaker speaker, std::string_view said, std::string_view heard) {
    Listener listener{speaker, heard};
    const bool whole =
        for_each_value(said, [&](const msgpack::object& value) { listener.hear(value); });
    if (!whole) listener.offend("is not the last: bytes follow that are no whole value");
    return listener.offences;
}

Spoken count(std::string_view said) {
    Spoken spoken;
    static_cast<void>(for_each_value(said, [&](const msgpack::object& value) {
        if (value.type != ARRAY || value.via.array.size < 3) return;
        const msgpack::object* const parts = value.via.array.ptr;
        if (is_unsigned(parts[0], 0)) ++spoken.requests;
        if (parts[0] == msgpack::object{1}) ++spoken.responses;
        if (parts[0] == msgpack::object{1} && parts[2].type != NIL) ++spoken.errors;
        if (parts[0] == msgpack::object{2}) ++spoken.notifications;
    }));
    return spoken;
}

}  // namespace rollcall::rpc::tests
