#pragma once
// Chooses one instance of several.

#include <rollcall/discovery/candidates.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace rollcall::discovery {

enum class SelectMode {
    random,           // each as likely as any other
    round_robin,      // one after the other, from a random start
    weighted,         // in proportion to the instances' weights, evenly spread (smooth)
    consistent_hash,  // by the key of the call; one key, one instance
    least_loaded,     // the less busy of two that are drawn
};

[[nodiscard]] std::string_view name_of(SelectMode mode) noexcept;
[[nodiscard]] std::optional<SelectMode> select_mode_from(std::string_view name) noexcept;

// A selector of your own is one small class:
//
//     class First final : public Selector {
//         std::size_t choose(const Candidates&) override { return 0; }
//     };
//
// One object serves one ServiceClient or Discovery, all its threads at a time.
class Selector {
public:
    Selector() = default;
    Selector(const Selector&) = delete;
    Selector& operator=(const Selector&) = delete;
    virtual ~Selector() = default;

    // The index of the chosen one. Called from any thread, several at once; must not block. An
    // index out of range counts as the last. If it throws, the call fails with no_instances.
    [[nodiscard]] virtual std::size_t choose(const Candidates& candidates) = 0;

    // There is a new list: a table of it may be made now, so that no call has to wait for that.
    // On the thread that brought the list. Calls may still choose from the one before.
    virtual void prepare(const Candidates& /*list*/) {}
};

class RandomSelector final : public Selector {
public:
    [[nodiscard]] std::size_t choose(const Candidates& candidates) override;
};

// Chooses the instance whose id follows that of the one chosen before, and after the last the
// first. So it stays even when the list changes between calls: a newcomer waits for its turn, and
// nobody loses or gains one because another has left.
class RoundRobinSelector final : public Selector {
public:
    [[nodiscard]] std::size_t choose(const Candidates& candidates) override;

private:
    std::mutex mutex_;
    bool started_ = false;
    std::size_t last_ = 0;  // where the last one was then
    std::string last_id_;
};

[[nodiscard]] std::shared_ptr<Selector> make_selector(SelectMode mode);

}  // namespace rollcall::discovery
