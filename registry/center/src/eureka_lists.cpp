#include "eureka_lists.h"

#include "eureka_json.h"
#include "eureka_text.h"
#include "eureka_xml.h"
#include "lists.h"

#include <algorithm>

namespace rollcall::registry {
namespace {

// Of one service, before it is asked whether that is enough: what is there already is copied each
// time.
constexpr std::size_t kWrittenAtLeast = 64;
// Changes since a preparation: the next answer writes them while it is put together.
constexpr std::uint64_t kLeftToAnswers = 128;

bool names_vip(std::string_view vips, std::string_view wanted) {
    while (true) {
        const auto comma = vips.find(',');
        if (vips.substr(0, comma) == wanted) return true;
        if (comma == std::string_view::npos) return false;
        vips.remove_prefix(comma + 1);
    }
}

}  // namespace

EurekaTimes EurekaLists::times_of(const LeaseRecord& record) {
    return {clock_.milliseconds(record.registered), clock_.milliseconds(record.renewed)};
}

std::string EurekaLists::instance_text(
    const Instance& instance, const EurekaTimes& times, std::string action
) const {
    EurekaInstance shown = eureka_instance(instance, times);
    shown.action = std::move(action);
    return format_ == EurekaFormat::json ? eureka_to_json(shown) : eureka_to_xml(shown);
}

std::vector<std::string> EurekaLists::names() const {
    std::vector<std::string> names;
    names.reserve(store_.services().size());
    for (const auto& [name, service] : store_.services())
        names.push_back(name);
    std::sort(names.begin(), names.end());
    return names;
}

EurekaLists::Fragment& EurekaLists::place_of(std::string_view service) {
    const auto found = fragments_.find(service);
    if (found != fragments_.end()) return found->second;
    // Services come and go; their texts must not stay for ever.
    drop_vanished(fragments_, store_);
    return fragments_.try_emplace(std::string{service}).first->second;
}

const EurekaLists::Fragment& EurekaLists::fragment(std::string_view service) {
    const ServiceRecord& record = *store_.find(service);
    Fragment& fragment = place_of(service);
    if (fragment.built_at != record.index) fragment = build(record, fragment, nullptr);
    return fragment;
}

bool EurekaLists::prepare(std::string_view service, const Enough& enough) {
    const ServiceRecord* const record = store_.find(service);
    if (record == nullptr) return true;
    Fragment& fragment = place_of(service);
    if (fragment.built_at != record->index) fragment = build(*record, fragment, enough);
    return fragment.built_at != 0;
}

bool EurekaLists::prepare(const Enough& enough) {
    while (!unprepared_.empty() || store_.index() - prepared_at_ > kLeftToAnswers) {
        if (unprepared_.empty()) {
            unprepared_ = names();
            prepared_at_ = store_.index();
        } else if (prepare(unprepared_.back(), enough)) {
            unprepared_.pop_back();
        }
        if (enough()) return false;
    }
    return true;
}

EurekaLists::Part EurekaLists::append(EurekaApplicationText& text, const LeaseRecord& record) {
    EurekaInstance shown = eureka_instance(*record.instance, times_of(record));
    const std::string item =
        format_ == EurekaFormat::json ? eureka_to_json(shown) : eureka_to_xml(shown);
    return {
        .offset = text.add(item),
        .size = item.size(),
        .status = shown.status,
        .vip = std::move(shown.vip),
        .secure_vip = std::move(shown.secure_vip),
        .instance = record.instance};
}

// Takes over what `before` has. When it is `enough`, the rest is missing and comes next time.
EurekaLists::Fragment EurekaLists::build(
    const ServiceRecord& service, const Fragment& before, const Enough& enough
) {
    const auto records = sorted_records(service);
    EurekaApplicationText text{format_, records.front()->instance->service};
    if (before.text) text.reserve(before.text->size());
    Fragment fragment;
    fragment.parts.reserve(records.size());
    std::size_t written = 0;
    bool is_enough = false;
    bool is_complete = true;
    auto old = before.parts.begin();
    for (const LeaseRecord* record : records) {
        while (old != before.parts.end() && old->instance->id < record->instance->id)
            ++old;
        if (old != before.parts.end() && old->instance == record->instance) {
            Part part = *old;
            part.offset = text.add(before.text_of(*old));
            fragment.parts.push_back(std::move(part));
        } else if (!is_enough) {
            fragment.parts.push_back(append(text, *record));
            is_enough = enough && ++written % kWrittenAtLeast == 0 && enough();
        } else {
            is_complete = false;
        }
    }
    for (const Part& part : fragment.parts)
        fragment.hash.add(part.status);
    fragment.built_at = is_complete ? service.index : 0;
    fragment.text = std::make_shared<const std::string>(std::move(text).take());
    return fragment;
}

EurekaHash EurekaLists::hash() {
    EurekaHash hash;
    for (const auto& [name, service] : store_.services())
        hash.add(fragment(name).hash);
    return hash;
}

EurekaLists::Texts EurekaLists::apps() {
    EurekaApplicationsText whole{format_};
    EurekaHash hash;
    for (const std::string& name : names()) {
        const Fragment& all = fragment(name);
        hash.add(all.hash);
        whole.add(all.text);
    }
    return std::move(whole).take(hash);
}

EurekaLists::Texts EurekaLists::app(std::string_view service) {
    if (store_.find(service) == nullptr) return {};
    const Text& text = fragment(service).text;
    if (format_ == EurekaFormat::xml) return {text};
    return {
        std::make_shared<const std::string>(R"({"application":)"),
        text,
        std::make_shared<const std::string>("}")};
}

EurekaLists::Texts EurekaLists::by_vip(EurekaVip kind, std::string_view vip) {
    EurekaHash hash;
    EurekaApplicationsText whole{format_};
    for (const std::string& name : names()) {
        const Fragment& all = fragment(name);
        EurekaApplicationText some{format_, name};
        bool any = false;
        for (const Part& part : all.parts) {
            if (!names_vip(kind == EurekaVip::plain ? part.vip : part.secure_vip, vip)) continue;
            some.add(all.text_of(part));
            hash.add(part.status);
            any = true;
        }
        if (any) whole.add(std::make_shared<const std::string>(std::move(some).take()));
    }
    return std::move(whole).take(hash);
}

std::string EurekaLists::instance(const LeaseRecord& record) {
    std::string text = instance_text(*record.instance, times_of(record), "ADDED");
    return format_ == EurekaFormat::json ? R"({"instance":)" + text + '}' : text;
}

const EurekaLists::Texts& EurekaLists::delta(TimePoint now) {
    if (delta_.built_at != store_.index() || now >= delta_.until) delta_ = build_delta(now);
    return delta_.texts;
}

}  // namespace rollcall::registry
