#pragma once
// What Eureka's clients read, as text. The text of a service is built at most once per change of
// it, and that of an instance once per change of the instance; answers are put together of these.

#include <rollcall/registry/lease_store.h>

#include "eureka_instance.h"
#include "wall_clock.h"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace rollcall::registry {

enum class EurekaFormat { json, xml };

enum class EurekaVip { plain, secure };

class EurekaApplicationText;

// How many instances have each status: Eureka's clients compare it with what they have.
class EurekaHash {
public:
    void add(EurekaStatus status) { ++counts_[static_cast<std::size_t>(status)]; }

    void add(const EurekaHash& other);

    // "DOWN_1_UP_2_", without what there is none of.
    [[nodiscard]] std::string text() const;

private:
    std::array<std::size_t, kEurekaStatuses> counts_{};
};

// An answer is many texts in a row, most of them shared with other answers. Renewals do not change
// a text, so the time of the last one is that of its building.
// One thread at a time. The store and the clock must outlive it.
class EurekaLists {
public:
    using Text = std::shared_ptr<const std::string>;
    using Texts = std::vector<Text>;
    // True when it is time to let others have the thread.
    using Enough = std::function<bool()>;

    EurekaLists(const LeaseStore& store, WallClock& clock, EurekaFormat format)
        : store_(store), clock_(clock), format_(format) {}

    // What happened to an instance within the time that a delta is about.
    struct Recent {
        const Change* last = nullptr;
        bool is_new = false;  // and nothing but its registration happened
    };

    // Writes what the answers are made of, a hundred thousand instances take a second, until it is
    // enough. False if there is more to do. The answers can be asked for at any time.
    [[nodiscard]] bool prepare(const Enough& enough);
    // The same of what one service needs.
    [[nodiscard]] bool prepare(std::string_view service, const Enough& enough);

    // Everything.
    [[nodiscard]] Texts apps();
    // What has changed in the last three minutes, each instance as it is now.
    [[nodiscard]] const Texts& delta(TimePoint now);
    // The instances one of whose addresses of that kind is `vip`.
    [[nodiscard]] Texts by_vip(EurekaVip kind, std::string_view vip);
    // One service; empty if it has no instances.
    [[nodiscard]] Texts app(std::string_view service);
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
        std::uint64_t built_at = 0;  // the number of the change it shows; 0: some are missing
        Text text;                   // {"name":...,"instance":[...]} or <application>
        std::vector<Part> parts;     // by id
        EurekaHash hash;

        [[nodiscard]] std::string_view text_of(const Part& part) const {
            return std::string_view{*text}.substr(part.offset, part.size);
        }
    };

    using NamedRecent = std::pair<std::string_view, Recent>;  // by id

    struct Delta {
        std::uint64_t built_at = UINT64_MAX;
        TimePoint until{};  // when its oldest change is too old
        Texts texts;
    };

    // Up to date, whatever it takes.
    [[nodiscard]] const Fragment& fragment(std::string_view service);
    [[nodiscard]] Fragment& place_of(std::string_view service);
    [[nodiscard]] Fragment build(
        const ServiceRecord& service, const Fragment& before, const Enough& enough
    );
    [[nodiscard]] Part append(EurekaApplicationText& text, const LeaseRecord& record);
    [[nodiscard]] Text delta_of(
        std::string_view service, std::span<const NamedRecent> recent, bool all
    );
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
    std::vector<std::string> unprepared_;  // services, of a preparation under way
    std::uint64_t prepared_at_ = 0;
    Delta delta_;
};

}  // namespace rollcall::registry
