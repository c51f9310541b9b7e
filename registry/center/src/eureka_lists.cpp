#include "eureka_lists.h"

#include "eureka_json.h"
#include "eureka_text.h"
#include "eureka_xml.h"
#include "lists.h"

#include <algorithm>

namespace rollcall::registry {
namespace {

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

const EurekaLists::Fragment& EurekaLists::fragment(std::string_view service) {
    auto found = fragments_.find(service);
    if (found == fragments_.end()) {
        // Services come and go; their texts must not stay for ever.
        if (fragments_.size() > 2 * store_.services().size() + 64) {
            std::erase_if(fragments_, [this](const auto& entry) {
                return store_.find(entry.first) == nullptr;
            });
        }
        found = fragments_.try_emplace(std::string{service}).first;
    }
    const ServiceRecord& record = *store_.find(service);
    Fragment& fragment = found->second;
    if (fragment.built_at != record.index) fragment = build(record, fragment);
    return fragment;
}

EurekaLists::Fragment EurekaLists::build(const ServiceRecord& service, const Fragment& before) {
    const auto records = sorted_records(service);
    EurekaApplicationText text{format_, records.front()->instance->service};
    Fragment fragment;
    fragment.built_at = service.index;
    fragment.parts.reserve(records.size());
    auto old = before.parts.begin();
    for (const LeaseRecord* record : records) {
        const Instance& instance = *record->instance;
        while (old != before.parts.end() && old->instance->id < instance.id)
            ++old;
        if (old != before.parts.end() && old->instance == record->instance) {
            Part part = *old;
            part.offset = text.add(std::string_view{before.text}.substr(old->offset, old->size));
            fragment.parts.push_back(std::move(part));
            continue;
        }
        EurekaInstance shown = eureka_instance(instance, times_of(*record));
        const std::string item =
            format_ == EurekaFormat::json ? eureka_to_json(shown) : eureka_to_xml(shown);
        fragment.parts.push_back(
            {.offset = text.add(item),
             .size = item.size(),
             .status = shown.status,
             .vip = std::move(shown.vip),
             .secure_vip = std::move(shown.secure_vip),
             .instance = record->instance}
        );
    }
    fragment.text = std::move(text).take();
    return fragment;
}

EurekaHash EurekaLists::hash() {
    EurekaHash hash;
    for (const auto& [name, service] : store_.services()) {
        for (const Part& part : fragment(name).parts)
            hash.add(part.status);
    }
    return hash;
}

EurekaLists::Text EurekaLists::apps() {
    Text text = apps_.lock();
    if (text != nullptr && apps_built_at_ == store_.index()) return text;
    EurekaApplicationsText whole{format_, hash()};
    for (const std::string& name : names())
        whole.add(fragment(name).text);
    text = std::make_shared<const std::string>(std::move(whole).take());
    apps_ = text;
    apps_built_at_ = store_.index();
    return text;
}

EurekaLists::Text EurekaLists::app(std::string_view service) {
    if (store_.find(service) == nullptr) return nullptr;
    const std::string& text = fragment(service).text;
    return std::make_shared<const std::string>(
        format_ == EurekaFormat::json ? R"({"application":)" + text + '}' : text
    );
}

EurekaLists::Text EurekaLists::by_vip(EurekaVip kind, std::string_view vip) {
    EurekaHash hash;
    std::vector<std::string> applications;
    for (const std::string& name : names()) {
        const Fragment& all = fragment(name);
        EurekaApplicationText some{format_, name};
        bool any = false;
        for (const Part& part : all.parts) {
            if (!names_vip(kind == EurekaVip::plain ? part.vip : part.secure_vip, vip)) continue;
            some.add(std::string_view{all.text}.substr(part.offset, part.size));
            hash.add(part.status);
            any = true;
        }
        if (any) applications.push_back(std::move(some).take());
    }
    EurekaApplicationsText whole{format_, hash};
    for (const std::string& application : applications)
        whole.add(application);
    return std::make_shared<const std::string>(std::move(whole).take());
}

std::string EurekaLists::instance(const LeaseRecord& record) {
    std::string text = instance_text(*record.instance, times_of(record), "ADDED");
    return format_ == EurekaFormat::json ? R"({"instance":)" + text + '}' : text;
}

EurekaLists::Text EurekaLists::delta(TimePoint now) {
    if (delta_.built_at != store_.index() || now >= delta_.until) delta_ = build_delta(now);
    return delta_.text;
}

}  // namespace rollcall::registry
