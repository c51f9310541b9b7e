#include "trace_context.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace rollcall::rpc {
namespace {

constexpr std::size_t kMaxStateBytes = 512;
constexpr std::size_t kLargeMemberBytes = 128;
constexpr std::size_t kMaxMembers = 32;
constexpr std::size_t kMaxPartBytes = 256;

bool is_lower_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// By a table: digits and letters alternate at random, so that comparing mispredicts.
constexpr auto kIsHex = [] {
    std::array<bool, 256> is_hex{};
    for (const char c : std::string_view{"0123456789abcdef"})
        is_hex[static_cast<unsigned char>(c)] = true;
    return is_hex;
}();

bool is_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return kIsHex[static_cast<unsigned char>(c)];
    });
}

bool is_zero(std::string_view text) {
    return text.find_first_not_of('0') == std::string_view::npos;
}

bool is_key(std::string_view key) {
    if (key.empty() || key.size() > kMaxPartBytes || !is_lower_or_digit(key.front())) return false;
    return std::all_of(key.begin(), key.end(), [](char c) {
        return is_lower_or_digit(c) || std::string_view{"_-*/@"}.find(c) != std::string_view::npos;
    });
}

bool is_value(std::string_view value) {
    if (value.empty() || value.size() > kMaxPartBytes || value.back() == ' ') return false;
    return std::all_of(value.begin(), value.end(), [](char c) {
        return c >= ' ' && c <= '~' && c != ',' && c != '=';
    });
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = std::min(text.find_first_not_of(" \t"), text.size());
    text.remove_prefix(first);
    return text.substr(0, text.find_last_not_of(" \t") + 1);
}

using Members = std::vector<std::string_view>;

std::size_t joined_bytes(const Members& members) {
    const auto add = [](std::size_t sum, std::string_view each) { return sum + each.size() + 1; };
    return std::accumulate(members.begin(), members.end(), std::size_t{0}, add);
}

void keep_within_limit(Members& members) {
    // One character more, for a comma behind the last.
    while (joined_bytes(members) > kMaxStateBytes + 1) {
        const auto large = std::find_if(members.rbegin(), members.rend(), [](auto each) {
            return each.size() > kLargeMemberBytes;
        });
        members.erase(large != members.rend() ? std::next(large).base() : members.end() - 1);
    }
}

}  // namespace

std::optional<TraceParent> read_trace_parent(std::string_view text) noexcept {
    if (text.size() < kTraceParentBytes || text[2] != '-' || text[35] != '-' || text[52] != '-')
        return std::nullopt;
    const std::string_view version = text.substr(0, 2);
    const std::string_view trace_id = text.substr(3, 32);
    const std::string_view parent_id = text.substr(36, 16);
    const std::string_view flags = text.substr(53, 2);
    if (!is_hex(version) || version == "ff") return std::nullopt;
    const bool has_more = text.size() > kTraceParentBytes;
    if (has_more && (version == "00" || text[kTraceParentBytes] != '-')) return std::nullopt;
    if (!is_hex(trace_id) || !is_hex(parent_id) || !is_hex(flags)) return std::nullopt;
    if (is_zero(trace_id) || is_zero(parent_id)) return std::nullopt;
    const char last = flags[1];
    const int digit = last <= '9' ? last - '0' : last - 'a' + 10;
    return TraceParent{trace_id, parent_id, digit % 2 == 1};
}

std::array<char, kTraceParentBytes> write_trace_parent(
    std::string_view trace_id, std::string_view span_id, bool sampled
) noexcept {
    std::array<char, kTraceParentBytes> text;
    char* at = text.data();
    for (const std::string_view part :
         {std::string_view{"00-"},
          trace_id,
          std::string_view{"-"},
          span_id,
          std::string_view{sampled ? "-01" : "-00"}})
        at = std::copy(part.begin(), part.end(), at);
    return text;
}

std::optional<std::string> read_trace_state(std::string_view text) {
    Members members;
    Members keys;
    for (std::size_t from = 0; from <= text.size();) {
        const std::size_t comma = std::min(text.find(',', from), text.size());
        const std::string_view member = trimmed(text.substr(from, comma - from));
        from = comma + 1;
        if (member.empty()) continue;
        const std::size_t equals = std::min(member.find('='), member.size());
        const std::string_view key = member.substr(0, equals);
        if (!is_key(key) || !is_value(member.substr(std::min(equals + 1, member.size()))))
            return std::nullopt;
        if (std::find(keys.begin(), keys.end(), key) != keys.end()) return std::nullopt;
        if (members.size() == kMaxMembers) return std::nullopt;
        keys.push_back(key);
        members.push_back(member);
    }
    keep_within_limit(members);
    std::string kept;
    for (const std::string_view member : members)
        kept.append(kept.empty() ? "" : ",").append(member);
    return kept;
}

}  // namespace rollcall::rpc
