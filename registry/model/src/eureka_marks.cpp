#include "eureka_marks.h"

#include <rollcall/registry/validation.h>

#include <nlohmann/json.hpp>

#include <charconv>
#include <optional>
#include <utility>

namespace rollcall::registry {
namespace {

using Json = nlohmann::json;

constexpr const char* kScheme = "rollcall.scheme";
constexpr const char* kVersion = "rollcall.version";
constexpr const char* kWeight = "rollcall.weight";
constexpr const char* kTags = "rollcall.tags";
constexpr const char* kIncarnation = "rollcall.incarnation";
constexpr const char* kStatus = "rollcall.status";
constexpr const char* kOwnZone = "rollcall.zone";
constexpr const char* kZone = "zone";
constexpr const char* kDraining = "draining";

std::optional<std::string> take(EurekaMetadata& metadata, const char* key) {
    auto node = metadata.extract(key);
    if (node.empty()) return std::nullopt;
    return std::move(node.mapped());
}

void take_text(EurekaMetadata& metadata, const char* key, std::string& target) {
    if (auto text = take(metadata, key)) target = std::move(*text);
}

void take_weight(EurekaMetadata& metadata, int& target) {
    const auto text = take(metadata, kWeight);
    if (!text) return;
    int weight = 0;
    const char* const end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, weight);
    if (error == std::errc{} && stop == end && weight >= 0 && weight <= kMaxWeight) target = weight;
}

void take_tags(EurekaMetadata& metadata, std::vector<std::string>& target) {
    const auto text = take(metadata, kTags);
    if (!text) return;
    const Json array = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
    if (!array.is_array()) return;
    for (const Json& tag : array) {
        if (tag.is_string()) target.push_back(tag.get<std::string>());
    }
}

}  // namespace

void add_marks(EurekaMetadata& metadata, const Instance& from) {
    metadata[kScheme] = from.scheme;
    if (!from.version.empty()) metadata[kVersion] = from.version;
    if (from.weight != Instance{}.weight) metadata[kWeight] = std::to_string(from.weight);
    if (!from.tags.empty()) {
        metadata[kTags] = Json(from.tags).dump(-1, ' ', false, Json::error_handler_t::replace);
    }
    if (!from.incarnation.empty()) metadata[kIncarnation] = from.incarnation;
    if (metadata.contains(kZone)) {
        metadata[kOwnZone] = from.zone;
    } else if (!from.zone.empty()) {
        metadata[kZone] = from.zone;
    }
}

void mark_draining(EurekaMetadata& metadata) {
    metadata[kStatus] = kDraining;
}

bool has_marks(const EurekaMetadata& metadata) {
    return metadata.contains(kScheme);
}

std::string incarnation_in(const EurekaMetadata& metadata) {
    const auto found = metadata.find(kIncarnation);
    return found == metadata.end() ? "" : found->second;
}

void take_marks(Instance& instance) {
    EurekaMetadata& metadata = instance.meta;
    if (!has_marks(metadata)) return;
    take_text(metadata, kScheme, instance.scheme);
    take_text(metadata, kVersion, instance.version);
    take_text(metadata, kIncarnation, instance.incarnation);
    take_weight(metadata, instance.weight);
    take_tags(metadata, instance.tags);
    take_text(metadata, metadata.contains(kOwnZone) ? kOwnZone : kZone, instance.zone);
    const auto status = take(metadata, kStatus);
    if (status == kDraining && instance.status == Status::down) instance.status = Status::draining;
}

}  // namespace rollcall::registry
