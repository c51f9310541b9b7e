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

bool drains(const Instance& instance) {
    return instance.effective_status() == Status::draining;
}

ChangeKind kind_of_change(const Instance& before, const Instance& after) {
    if (before.stale && !after.stale) return ChangeKind::released;
    if (drains(before) == drains(after)) return ChangeKind::changed;
    return drains(after) ? ChangeKind::drained : ChangeKind::undrained;
}

// What the instance takes beside its record, roughly.
std::size_t bytes_of(const Instance& instance) {
    constexpr std::size_t kNode = 64;  // of a container, with its string
    std::size_t bytes = sizeof(LeaseRecord) + sizeof(Instance) + instance.service.size() +
                        instance.id.size() + instance.address.size() + instance.addr.size() +
                        instance.scheme.size() + instance.version.size() + instance.zone.size() +
                        instance.incarnation.size() + instance.eureka.size();
    for (const std::string& tag : instance.tags)
        bytes += kNode + tag.size();
    for (const auto& [key, value] : instance.meta)
        bytes += 2 * kNode + key.size() + value.size();
    return bytes;
}

}  // namespace

LeaseStore::LeaseStore(LeaseStoreOptions options)
    : options_(options), changes_(options.changes_max) {
}

LeaseStore::Registration LeaseStore::put(Instance instance, TimePoint now) {
    if (was_replaced(instance.service, instance.id, instance.incarnation)) {
        return {PutOutcome::replaced, nullptr};
    }
    if (instance.ttl.count() == 0) instance.ttl = options_.ttl;
    instance.stale = false;
    LeaseRecord* const record = find_record(instance.service, instance.id);
    if (record == nullptr) return create(std::move(instance), now);

    const Instance& listed = *record->instance;
    if (!instance.override_status) instance.override_status = listed.override_status;
    const bool nameless = instance.incarnation.empty();
    if (nameless) {
        // Registrars without a nonce cannot be told apart: they renew each other's entry.
        instance.incarnation = record->made_nonce ? listed.incarnation : random_nonce();
    }
    if (instance.incarnation != listed.incarnation)
        return take_over(*record, std::move(instance), nameless, now);
    const bool is_changed = instance != listed;
    if (is_changed) {
        const ChangeKind kind = kind_of_change(listed, instance);
        if (!store(*record, std::move(instance), kind, now)) return {PutOutcome::full, nullptr};
    }
    extend(*record, now);
    return {is_changed ? PutOutcome::updated : PutOutcome::renewed, record};
}

LeaseStore::Registration LeaseStore::take_over(
    LeaseRecord& record, Instance instance, bool nameless, TimePoint now
) {
    const std::shared_ptr<const Instance> loser = record.instance;
    if (!store(record, std::move(instance), ChangeKind::replaced, now))
        return {PutOutcome::full, nullptr};
    remember_replaced(replaced_key(loser->service, loser->id, loser->incarnation));
    record.made_nonce = nameless;
    record.registered = now;
    extend(record, now);
    return {PutOutcome::took_over, &record};
}

LeaseStore::Registration LeaseStore::create(Instance instance, TimePoint now) {
    const bool has_room = bytes_ + bytes_of(instance) <= options_.bytes_max;
    if (count_ >= options_.instances_max || !has_room) return {PutOutcome::full, nullptr};
    LeaseRecord record;
    record.made_nonce = instance.incarnation.empty();
    if (record.made_nonce) instance.incarnation = random_nonce();
    record.registered = now;
    adopt(record, std::make_shared<const Instance>(std::move(instance)));
    return {PutOutcome::created, &insert(std::move(record), ChangeKind::registered, now)};
}

void LeaseStore::restore(const LeaseRecord& record, TimePoint now) {
    const Instance& instance = *record.instance;
    const bool has_room =
        count_ < options_.instances_max && bytes_ + bytes_of(instance) <= options_.bytes_max;
    if (!has_room || find_record(instance.service, instance.id) != nullptr) return;
    LeaseRecord copy;
    adopt(copy, record.instance);
    copy.registered = record.registered;
    copy.made_nonce = record.made_nonce;
    insert(std::move(copy), ChangeKind::restored, now);
}

LeaseRecord& LeaseStore::insert(LeaseRecord record, ChangeKind kind, TimePoint now) {
    ServiceRecord& service = services_[record.instance->service];
    const std::string& id = record.instance->id;
    LeaseRecord& listed = service.instances.emplace(id, std::move(record)).first->second;
    extend(listed, now);
    count(service, *listed.instance, 1);
    ++count_;
    bytes_ += bytes_of(*listed.instance);
    changed(service, kind, listed.instance, now);
    return listed;
}

void LeaseStore::adopt(LeaseRecord& record, std::shared_ptr<const Instance> instance) {
    record.held = instance->stale;
    record.ttl = instance->ttl;
    record.incarnation = instance->incarnation;
    record.instance = std::move(instance);
}

LeaseStore::Renewal LeaseStore::renew(
    std::string_view service, std::string_view id, std::string_view incarnation, TimePoint now
) {
    LeaseRecord* const record = find_record(service, id);
    if (record != nullptr && (incarnation.empty() || incarnation == record->incarnation)) {
        if (record->held) release(*record, now);
        extend(*record, now);
        return {BeatOutcome::renewed, record};
    }
    const bool is_replaced = was_replaced(service, id, incarnation);
    return {is_replaced ? BeatOutcome::replaced : BeatOutcome::missing, nullptr};
}

LeaseStore::RemoveOutcome LeaseStore::remove(
    std::string_view service, std::string_view id, std::string_view incarnation, TimePoint now
) {
    LeaseRecord* const record = find_record(service, id);
    if (record == nullptr) {
        return was_replaced(service, id, incarnation) ? RemoveOutcome::replaced
                                                      : RemoveOutcome::unknown;
    }
    if (!incarnation.empty() && incarnation != record->instance->incarnation) {
        return RemoveOutcome::replaced;
    }
    erase(*record, ChangeKind::left, now);
    return RemoveOutcome::removed;
}

LeaseStore::ModifyOutcome LeaseStore::modify(Instance instance, TimePoint now) {
    LeaseRecord* const record = find_record(instance.service, instance.id);
    if (record == nullptr) return ModifyOutcome::unknown;
    if (instance == *record->instance) return ModifyOutcome::modified;
    const ChangeKind kind = kind_of_change(*record->instance, instance);
    return store(*record, std::move(instance), kind, now) ? ModifyOutcome::modified
                                                          : ModifyOutcome::full;
}

void LeaseStore::postpone(Duration by) {
    // What is armed is armed too early now, which expire() finds out when it comes to it.
    for (auto& [name, service] : services_) {
        for (auto& [id, record] : service.instances)
            record.expires += by;
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
    return found == record->instances.end() ? nullptr : &found->second;
}

std::uint64_t LeaseStore::index(std::string_view service) const {
    const ServiceRecord* const record = find(service);
    return record == nullptr ? 0 : record->index;
}

LeaseRecord* LeaseStore::find_record(std::string_view service, std::string_view id) {
    const auto found = services_.find(service);
    if (found == services_.end()) return nullptr;
    const auto instance = found->second.instances.find(id);
    return instance == found->second.instances.end() ? nullptr : &instance->second;
}

void LeaseStore::extend(LeaseRecord& record, TimePoint now) {
    record.renewed = now;
    record.expires = now + record.ttl;
    const bool is_armed = record.armed != TimePoint{};
    if (!is_armed || record.armed > record.expires) arm(record, record.expires);
    // Otherwise expire() will arm it anew.
}

void LeaseStore::arm(LeaseRecord& record, TimePoint when) {
    disarm(record);
    record.armed = when;
    armed_.emplace(when, &record);
}

void LeaseStore::disarm(LeaseRecord& record) {
    armed_.erase({record.armed, &record});
    record.armed = TimePoint{};
}

bool LeaseStore::store(LeaseRecord& record, Instance instance, ChangeKind kind, TimePoint now) {
    const std::size_t bytes = bytes_ - bytes_of(*record.instance) + bytes_of(instance);
    if (bytes > bytes_ && bytes > options_.bytes_max) return false;
    bytes_ = bytes;
    ServiceRecord& service = services_.find(instance.service)->second;
    count(service, *record.instance, -1);
    count(service, instance, 1);
    adopt(record, std::make_shared<const Instance>(std::move(instance)));
    changed(service, kind, record.instance, now);
    return true;
}

void LeaseStore::erase(LeaseRecord& record, ChangeKind kind, TimePoint now) {
    disarm(record);
    const std::shared_ptr<const Instance> gone = record.instance;
    const auto service = services_.find(gone->service);
    count(service->second, *gone, -1);
    bytes_ -= bytes_of(*gone);
    --count_;
    service->second.instances.erase(service->second.instances.find(gone->id));
    changed(service->second, kind, gone, now);
    if (service->second.instances.empty()) services_.erase(service);
}

void LeaseStore::count(ServiceRecord& service, const Instance& instance, int sign) {
    const auto add = [sign](std::size_t& to, bool counts) {
        if (counts) to += static_cast<std::size_t>(sign);  // unsigned, so it wraps as it should
    };
    add(service.up, instance.effective_status() == Status::up);
    add(service.held, instance.stale);
    add(held_, instance.stale);
}

void LeaseStore::changed(
    ServiceRecord& service, ChangeKind kind, std::shared_ptr<const Instance> instance, TimePoint now
) {
    service.index = changes_.add(kind, std::move(instance), now);
}

void LeaseStore::remember_replaced(std::string key) {
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
