#pragma once
// The instances that a selector chooses from.

#include <rollcall/base/clock.h>
#include <rollcall/registry/instance.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace rollcall::discovery {

// What this process knows of an instance's work.
struct Load {
    std::size_t in_flight = 0;  // calls of this client that are under way there
    // How long its calls take: a moving average; if one of those under way has waited for longer
    // without any other being answered, that time. Zero: nothing is known.
    Duration latency{0};
    Duration known_for = Duration::max();  // since it joined the list
};

// Where a client counts an instance's work.
class LoadMeter {
public:
    // Any thread.
    [[nodiscard]] virtual Load load(TimePoint now) const = 0;
    // Load::in_flight alone, which is much cheaper to know.
    [[nodiscard]] virtual std::size_t in_flight() const = 0;

protected:
    ~LoadMeter() = default;
};

// An instance of a list; neither is owned.
struct Candidate {
    const registry::Instance* instance = nullptr;
    const LoadMeter* meter = nullptr;  // null: nobody counts
};

// A view, cheap to copy: never empty, sorted by id. All of them are equally fit for the call: what
// is down, draining, avoided for a while or has been tried already has been left out. The list that
// they are taken from can be asked for too, for selectors that keep tables of it.
class Candidates {
public:
    // All of a list. `version` stands for the list: the same number, the same members.
    Candidates(std::span<const Candidate> members, std::uint64_t version, TimePoint now)
        : members_(members), version_(version), now_(now) {}

    // Those of its members whose indexes are given, in order. No indexes: all.
    [[nodiscard]] Candidates only(std::span<const std::uint32_t> fit) const {
        Candidates some = *this;
        some.fit_ = fit;
        return some;
    }

    [[nodiscard]] Candidates with_key(std::optional<std::uint64_t> key) const {
        Candidates some = *this;
        some.key_ = key;
        return some;
    }

    [[nodiscard]] std::size_t size() const { return fit_.empty() ? members_.size() : fit_.size(); }

    [[nodiscard]] const registry::Instance& operator[](std::size_t i) const {
        return *members_[member(i)].instance;
    }

    // All zeros where nobody counts.
    [[nodiscard]] Load load(std::size_t i) const {
        const LoadMeter* const meter = members_[member(i)].meter;
        return meter == nullptr ? Load{} : meter->load(now_);
    }

    [[nodiscard]] std::size_t in_flight(std::size_t i) const {
        const LoadMeter* const meter = members_[member(i)].meter;
        return meter == nullptr ? 0 : meter->in_flight();
    }

    // The hash of the call's key, if it has one: calls with one key belong together.
    [[nodiscard]] std::optional<std::uint64_t> key() const { return key_; }

    // ---- the list

    // Of another list it is another number; 0 stands for nothing.
    [[nodiscard]] std::uint64_t version() const { return version_; }

    [[nodiscard]] std::span<const Candidate> members() const { return members_; }

    // The candidate that is the list's i-th member; none if that is not among them.
    [[nodiscard]] std::optional<std::size_t> find(std::size_t i) const {
        if (fit_.empty()) return i < members_.size() ? std::optional{i} : std::nullopt;
        const auto at = std::lower_bound(fit_.begin(), fit_.end(), i);
        if (at == fit_.end() || *at != i) return std::nullopt;
        return static_cast<std::size_t>(at - fit_.begin());
    }

private:
    [[nodiscard]] std::size_t member(std::size_t i) const { return fit_.empty() ? i : fit_[i]; }

    std::span<const Candidate> members_;
    std::span<const std::uint32_t> fit_;
    std::uint64_t version_;
    TimePoint now_;
    std::optional<std::uint64_t> key_;
};

}  // namespace rollcall::discovery
