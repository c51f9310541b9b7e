#pragma once
// Chooses one instance of several.

#include <rollcall/registry/instance.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>

namespace rollcall::discovery {

enum class SelectMode {
    random,       // each as likely as any other
    round_robin,  // one after the other, from a random start
};

// The instances that may be chosen: never empty, sorted by id. All of them are equally fit: what
// is down, draining or avoided for a while has been left out.
using Candidates = std::span<const registry::Instance* const>;

// A selector of your own is one small class. One object serves one ServiceClient or Discovery, all
// its threads at a time.
class Selector {
public:
    Selector() = default;
    Selector(const Selector&) = delete;
    Selector& operator=(const Selector&) = delete;
    virtual ~Selector() = default;

    // The index of the chosen one. Called from any thread, several at once; must not block. An
    // index out of range counts as the last. If it throws, the call fails with no_instances.
    [[nodiscard]] virtual std::size_t choose(Candidates candidates) = 0;
};

class RandomSelector final : public Selector {
public:
    [[nodiscard]] std::size_t choose(Candidates candidates) override;
};

// Chooses the instance whose id follows that of the one chosen before, and after the last the
// first. So it stays even when the list changes between calls: a newcomer waits for its turn, and
// nobody loses or gains one because another has left.
class RoundRobinSelector final : public Selector {
public:
    [[nodiscard]] std::size_t choose(Candidates candidates) override;

private:
    std::mutex mutex_;
    bool started_ = false;
    std::string last_id_;
};

[[nodiscard]] std::shared_ptr<Selector> make_selector(SelectMode mode);

}  // namespace rollcall::discovery
