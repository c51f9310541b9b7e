#include "snapshot.h"

#include <rollcall/registry/instance_json.h>
#include <rollcall/registry/validation.h>

#include "sha256.h"
#include "wall_clock.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace rollcall::registry {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

constexpr std::string_view kMagic = "rollcall-registry-snapshot 1 ";
constexpr std::size_t kReplacedKept = 4096;
constexpr std::int64_t kLastDate = 9'000'000'000'000;  // in the year 2255, in milliseconds

Error damaged(const std::string& what) {
    return Error{Errc::invalid_argument, "the snapshot is damaged: " + what};
}

// Fields are separated by tabs, which JSON texts do not contain.
std::string_view next_field(std::string_view& line) {
    const auto tab = line.find('\t');
    const std::string_view field = line.substr(0, tab);
    line.remove_prefix(tab == std::string_view::npos ? line.size() : tab + 1);
    return field;
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

void append_entry(std::string& text, const ListSnapshot::Entry& entry) {
    const auto since_epoch = entry.registered.time_since_epoch();
    text += "i\t";
    text += std::to_string(std::chrono::duration_cast<milliseconds>(since_epoch).count());
    text += entry.made_nonce ? "\t1\t" : "\t0\t";
    text += to_json(*entry.instance);
    if (!entry.instance->eureka.empty()) {
        text += '\t';
        text += entry.instance->eureka;
    }
    text += '\n';
}

Result<ListSnapshot::Entry> read_entry(std::string_view line) {
    std::int64_t since_epoch = 0;
    if (!read_number(next_field(line), since_epoch) || since_epoch < 0 || since_epoch > kLastDate)
        return damaged("a date is none");
    const bool made_nonce = next_field(line) == "1";
    Result<Instance> instance = instance_from_json(next_field(line));
    if (!instance) return damaged(instance.error().message());
    instance->eureka = next_field(line);
    instance->stale = false;
    return ListSnapshot::Entry{
        std::make_shared<const Instance>(*std::move(instance)),
        std::chrono::system_clock::time_point{milliseconds{since_epoch}},
        made_nonce};
}

Result<void> read_line(std::string_view line, ListSnapshot& snapshot) {
    const std::string_view kind = next_field(line);
    if (kind == "i") {
        Result<ListSnapshot::Entry> entry = read_entry(line);
        if (!entry) return entry.error();
        // Another version may have listed what this one does not; the others are right all the
        // same.
        const bool valid =
            validate(*entry->instance, kAnyLease) && entry->instance->ttl.count() > 0;
        if (valid) snapshot.entries.push_back(*std::move(entry));
        return {};
    }
    const Json replaced = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (kind != "r" || !replaced.is_string()) return damaged("a line is of no known kind");
    snapshot.replaced.push_back(replaced.get<std::string>());
    return {};
}

// What the checksum at the end covers; an error if it does not.
Result<std::string_view> covered(std::string_view text) {
    const auto mark = text.rfind("sha256\t");
    if (mark == std::string_view::npos || text.back() != '\n') return damaged("its end is missing");
    const std::string_view content = text.substr(0, mark);
    const std::string expected = "sha256\t" + sha256(content) + "\n";
    if (text.substr(mark) != expected) return damaged("its checksum is wrong");
    return content;
}

}  // namespace

ListSnapshot snapshot_of(const LeaseStore& store, TimePoint now) {
    ListSnapshot snapshot;
    snapshot.entries.reserve(store.instance_count());
    for (const auto& [name, service] : store.services()) {
        for (const auto& [id, record] : service.instances) {
            snapshot.entries.push_back(
                {record.instance, wall_time(record.registered, now), record.made_nonce}
            );
        }
    }
    const auto& replaced = store.replaced();
    const std::size_t kept = std::min(replaced.size(), kReplacedKept);
    snapshot.replaced.assign(replaced.end() - static_cast<std::ptrdiff_t>(kept), replaced.end());
    return snapshot;
}

std::string to_text(const ListSnapshot& snapshot) {
    std::string text{kMagic};
    text += std::to_string(snapshot.sequence) + '\n';
    for (const ListSnapshot::Entry& entry : snapshot.entries)
        append_entry(text, entry);
    for (const std::string& replaced : snapshot.replaced)
        text += "r\t" + Json(replaced).dump(-1, ' ', true, Json::error_handler_t::replace) + '\n';
    text += "sha256\t" + sha256(text) + '\n';
    return text;
}

Result<ListSnapshot> snapshot_from_text(std::string_view text) {
    if (text.empty()) return damaged("it is empty");
    Result<std::string_view> content = covered(text);
    if (!content) return content.error();
    if (!content->starts_with(kMagic)) return damaged("it is of another version");
    content->remove_prefix(kMagic.size());
    ListSnapshot snapshot;
    bool is_first = true;
    while (!content->empty()) {
        const auto end = content->find('\n');
        if (end == std::string_view::npos) return damaged("a line has no end");
        const std::string_view line = content->substr(0, end);
        content->remove_prefix(end + 1);
        if (std::exchange(is_first, false)) {
            if (!read_number(line, snapshot.sequence)) return damaged("it has no number");
        } else if (Result<void> ok = read_line(line, snapshot); !ok) {
            return ok.error();
        }
    }
    return snapshot;
}

std::size_t restore(const ListSnapshot& snapshot, LeaseStore& store, TimePoint now) {
    for (const std::string& replaced : snapshot.replaced)
        store.remember_replaced(replaced);
    const auto wall_now = std::chrono::system_clock::now();
    for (const ListSnapshot::Entry& entry : snapshot.entries) {
        LeaseRecord record;
        record.instance = entry.instance;
        record.made_nonce = entry.made_nonce;
        // Of a clock that was wrong nothing is believed.
        const auto age = std::max(wall_now - entry.registered, {});
        record.registered = now - std::chrono::duration_cast<Duration>(age);
        store.restore(record, now);
    }
    return store.instance_count();
}

}  // namespace rollcall::registry
