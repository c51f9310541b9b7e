#include <rollcall/base/random.h>
#include <rollcall/registry/lease_store.h>

namespace rollcall::registry {
namespace {

// No part can hold the separator: validated texts have no control characters.
std::string replaced_key(
    std::string_view service, std::string_view id, std::string_view incarnation
) {
    std::string key;
    key.reserve(service.size() + id.size() + incarnation.size() + 2);
    key += service;
    key += '\0';
    key += id;
    key += '\0';
    key += incarnation;
    return key;
}

std::size_t counts_as_up(const Instance& instance) {
    return instance.effective_status() == Status::up ? 1 : 0;
}

// What the instance takes beside its record, roughly.
std::size_t bytes_of(const Instance& instance) {
    constexpr std::size_t kNode = 64;  // of a container, with its string
    std::size_t bytes = sizeof(LeaseRecord) + instance.service.size() + instance.id.size() +
                        instance.address.size() + instance.addr.size() + instance.scheme.size() +
                        instance.version.size() + instance.zone.size() +
                        instance.incarnation.size();
    for (const std::string& tag : instance.tags)
        bytes += kNode + tag.size();
    for (const auto& [key, value] : instance.meta)
        bytes += 2 * kNode + key.size() + value.size();
    return bytes;
}

}  // namespace

LeaseStore::LeaseStore(LeaseStoreOptions options) : options_(options) {
}

LeaseStore::Registration LeaseStore::put(Instance instance, TimePoint now) {
    if (was_replaced(instance.service, instance.id, instance.incarnation)) {
        return {PutOutcome::replaced, nullptr};
    }
    if (instance.ttl.count() == 0) instance.ttl = options_.ttl;
    LeaseRecord* const record = find_record(instance.service, instance.id);
    if (record == nullptr) return create(std::move(instance), now);

    if (!instance.override_status) instance.override_status = record->instance.override_status;
    const bool nameless = instance.incarnation.empty();
    if (nameless) {
        // Registrars without a nonce cannot be told apart: they renew each other's entry.
        instance.incarnation = record->made_nonce ? record->instance.incarnation : random_nonce();
    }
    if (instance.incarnation != record->instance.incarnation) {
        const Instance loser = record->instance;
        if (!store(*record, std::move(instance))) return {PutOutcome::full, nullptr};
        remember_replaced(loser);
        record->made_nonce = nameless;
        record->registered = now;
        extend(*record, now);
        return {PutOutcome::took_over, record};
    }
    const bool is_changed = instance != record->instance;
    if (is_changed && !store(*record, std::move(instance))) return {PutOutcome::full, nullptr};
    extend(*record, now);
    return {is_changed ? PutOutcome::updated : PutOutcome::renewed, record};
}

LeaseStore::Registration LeaseStore::create(Instance instance, TimePoint now) {
    const bool has_room = bytes_ + bytes_of(instance) <= options_.bytes_max;
    if (count_ >= options_.instances_max || !has_room) return {PutOutcome::full, nullptr};
    auto record = std::make_unique<LeaseRecord>();
    record->made_nonce = instance.incarnation.empty();
    if (record->made_nonce) instance.incarnation = random_nonce();
    record->registered = now;
    record->instance = std::move(instance);
    extend(*record, now);

    ServiceRecord& service = services_[record->instance.service];
    service.up += counts_as_up(record->instance);
    changed(service);
    ++count_;
    bytes_ += bytes_of(record->instance);
    LeaseRecord* const raw = record.get();
    service.instances.emplace(raw->instance.id, std::move(record));
    return {PutOutcome::created, raw};
}

LeaseStore::BeatOutcome LeaseStore::renew(
    std::string_view service, std::string_view id, std::string_view incarnation, TimePoint now
) {
    LeaseRecord* const record = find_record(service, id);
    if (record != nullptr && (incarnation.empty() || incarnation == record->instance.incarnation)) {
        extend(*record, now);
        return BeatOutcome::renewed;
    }
    return was_replaced(service, id, incarnation) ? BeatOutcome::replaced : BeatOutcome::missing;
}

LeaseStore::RemoveOutcome LeaseStore::remove(
    std::string_view service, std::string_view id, std::string_view incarnation
) {
    LeaseRecord* const record = find_record(service, id);
    if (record == nullptr) {
        return was_replaced(service, id, incarnation) ? RemoveOutcome::replaced
                                                      : RemoveOutcome::unknown;
    }
    if (!incarnation.empty() && incarnation != record->instance.incarnation) {
        return RemoveOutcome::replaced;
    }
    erase(*record);
    return RemoveOutcome::removed;
}

LeaseStore::ModifyOutcome LeaseStore::modify(const Instance& instance) {
    LeaseRecord* const record = find_record(instance.service, instance.id);
    if (record == nullptr) return ModifyOutcome::unknown;
    if (instance == record->instance || store(*record, instance)) return ModifyOutcome::modified;
    return ModifyOutcome::full;
}

std::vector<Instance> LeaseStore::expire(TimePoint now) {
    std::vector<Instance> gone;
    while (!armed_.empty() && armed_.begin()->first <= now) {
        LeaseRecord& record = *armed_.begin()->second;
        if (record.expires > now) {
            armed_.erase(armed_.begin());
            record.armed = record.expires;
            armed_.emplace(record.armed, &record);
            continue;
        }
        gone.push_back(record.instance);
        erase(record);
    }
    return gone;
}

void LeaseStore::postpone(Duration by) {
    // What is armed is armed too early now, which expire() finds out when it comes to it.
    for (auto& [name, service] : services_) {
        for (auto& [id, record] : service.instances)
            record->expires += by;
    }
}

const ServiceRecord* LeaseStore::find(std::string_view service) const {
    const auto found = services_.find(service);
    return found == services_.end() ? nullptr : &found->second;
}

const LeaseRecord* LeaseStore::find(std::string_view service, std::string_view id) const {
    const ServiceRecord* const record = find(service);
    if (record == nullptr) return nullptr;
    const auto found = record->instances.find(id);
    return found == record->instances.end() ? nullptr : found->second.get();
}

std::uint64_t LeaseStore::index(std::string_view service) const {
    const ServiceRecord* const record = find(service);
    return record == nullptr ? 0 : record->index;
}

LeaseRecord* LeaseStore::find_record(std::string_view service, std::string_view id) {
    const auto found = services_.find(service);
    if (found == services_.end()) return nullptr;
    const auto instance = found->second.instances.find(id);
    return instance == found->second.instances.end() ? nullptr : instance->second.get();
}

void LeaseStore::extend(LeaseRecord& record, TimePoint now) {
    record.renewed = now;
    record.expires = now + record.instance.ttl;
    const bool is_armed = record.armed != TimePoint{};
    if (is_armed && record.armed <= record.expires) return;  // expire() will arm it anew
    if (is_armed) armed_.erase({record.armed, &record});
    record.armed = record.expires;
    armed_.emplace(record.armed, &record);
}

bool LeaseStore::store(LeaseRecord& record, Instance instance) {
    const std::size_t bytes = bytes_ - bytes_of(record.instance) + bytes_of(instance);
    if (bytes > bytes_ && bytes > options_.bytes_max) return false;
    bytes_ = bytes;
    ServiceRecord& service = services_.find(instance.service)->second;
    service.up -= counts_as_up(record.instance);
    service.up += counts_as_up(instance);
    record.instance = std::move(instance);
    changed(service);
    return true;
}

void LeaseStore::erase(LeaseRecord& record) {
    armed_.erase({record.armed, &record});
    const auto service = services_.find(record.instance.service);
    service->second.up -= counts_as_up(record.instance);
    bytes_ -= bytes_of(record.instance);
    service->second.instances.erase(service->second.instances.find(record.instance.id));
    changed(service->second);
    --count_;
    if (service->second.instances.empty()) services_.erase(service);
}

void LeaseStore::remember_replaced(const Instance& loser) {
    std::string key = replaced_key(loser.service, loser.id, loser.incarnation);
    if (!replaced_.insert(key).second) return;
    replaced_order_.push_back(std::move(key));
    while (replaced_order_.size() > options_.replaced_max) {
        replaced_.erase(replaced_order_.front());
        replaced_order_.pop_front();
    }
}

bool LeaseStore::was_replaced(
    std::string_view service, std::string_view id, std::string_view incarnation
) const {
    if (incarnation.empty() || replaced_.empty()) return false;
    return replaced_.contains(replaced_key(service, id, incarnation));
}

}  // namespace rollcall::registry
