#pragma once
// What Eureka's clients read, as text. The text of a service is built at most once per change of
// it, and that of an instance once per change of the instance; answers are put together of these.

#include <rollcall/registry/lease_store.h>

#include "eureka_instance.h"
#include "wall_clock.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rollcall::registry {

enum class EurekaFormat { json, xml };

enum class EurekaVip { plain, secure };

// How many instances have each status: Eureka's clients compare it with what they have.
class EurekaHash {
public:
    void add(EurekaStatus status) { ++counts_[static_cast<std::size_t>(status)]; }

    // "DOWN_1_UP_2_", without what there is none of.
    [[nodiscard]] std::string text() const;

private:
    std::array<std::size_t, kEurekaStatuses> counts_{};
};

// Renewals do not change a text, so the time of the last one is that of its building.
// One thread at a time. The store and the clock must outlive it.
class EurekaLists {
public:
    using Text = std::shared_ptr<const std::string>;

    EurekaLists(const LeaseStore& store, WallClock& clock, EurekaFormat format)
        : store_(store), clock_(clock), format_(format) {}

    // Everything.
    [[nodiscard]] Text apps();
    // What has changed in the last three minutes, each instance as it is now.
    [[nodiscard]] Text delta(TimePoint now);
    // The instances one of whose addresses of that kind is `vip`.
    [[nodiscard]] Text by_vip(EurekaVip kind, std::string_view vip);
    // One service; null if it has no instances.
    [[nodiscard]] Text app(std::string_view service);
    // One instance, with the time of its last renewal.
    [[nodiscard]] std::string instance(const LeaseRecord& record);

private:
    // Where an instance is in the text of its service.
    struct Part {
        std::size_t offset = 0;
        std::size_t size = 0;
        EurekaStatus status{};
        std::string vip;
        std::string secure_vip;
        std::shared_ptr<const Instance> instance;  // that it shows
    };

    struct Fragment {
        std::uint64_t built_at = 0;  // the number of the change it shows
        std::string text;            // {"name":...,"instance":[...]} or <application>
        std::vector<Part> parts;     // by id
    };

    struct Delta {
        std::uint64_t built_at = UINT64_MAX;
        TimePoint until{};  // when its oldest change is too old
        Text text;
    };

    [[nodiscard]] const Fragment& fragment(std::string_view service);
    [[nodiscard]] Fragment build(const ServiceRecord& service, const Fragment& before);
    [[nodiscard]] Delta build_delta(TimePoint now);
    [[nodiscard]] std::string instance_text(
        const Instance& instance, const EurekaTimes& times, std::string action
    ) const;
    [[nodiscard]] EurekaHash hash();
    [[nodiscard]] EurekaTimes times_of(const LeaseRecord& record);
    [[nodiscard]] std::vector<std::string> names() const;

    const LeaseStore& store_;
    WallClock& clock_;
    const EurekaFormat format_;
    std::unordered_map<std::string, Fragment, StringHash, std::equal_to<>> fragments_;
    std::uint64_t apps_built_at_ = UINT64_MAX;
    std::weak_ptr<const std::string> apps_;  // shared while somebody is still reading it
    Delta delta_;
};

}  // namespace rollcall::registry
