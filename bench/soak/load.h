#pragma once
// The load: first as fast as it goes, then by the clock.

#include "ledger.h"
#include "pacer.h"
#include "site.h"
#include "traffic.h"

#include <memory>
#include <optional>

namespace rollcall::soak {

// Thread safety: one thread, which waits while the I/O thread works.
class Load {
public:
    // Waits until all clients are connected; throws CallError if they cannot be.
    explicit Load(const Addresses& addresses);
    ~Load();

    // Keeps so many calls in flight until end_closed_loop().
    void begin_closed_loop();
    void end_closed_loop();

    void begin(double per_second);
    // No further calls; those in flight go on.
    void end();

    // Of the time since the last take(), and since begin().
    [[nodiscard]] Figures take();
    [[nodiscard]] Figures whole();

    // Until no call is in flight, or for so long; how many are.
    std::uint64_t drain(Duration patience);

private:
    // Runs it on the I/O thread and waits for its result.
    template <class F>
    auto on_io(F function) const;

    Ledger ledger_;
    const rpc::IoThreads io_;
    std::unique_ptr<Traffic> traffic_;
    std::optional<Pacer> pacer_;
    std::uint64_t number_ = 0;
    bool closed_ = false;
};

}  // namespace rollcall::soak
