#pragma once
// What a selector has worked out about lists.

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace rollcall::discovery {

// Those of the last two lists: while a list changes, calls still choose from the one before.
// Table::version is the list's Candidates::version(). Thread safety: any thread.
template <class Table>
class RecentTables {
public:
    using Pointer = std::shared_ptr<Table>;

    // Null if there is none of that list.
    [[nodiscard]] Pointer find(std::uint64_t version) const {
        const std::lock_guard lock{mutex_};
        if (newer_ && newer_->version == version) return newer_;
        return older_ && older_->version == version ? older_ : nullptr;
    }

    void add(Pointer table) {
        const std::lock_guard lock{mutex_};
        // Several callers may have made the same one.
        if (newer_ && newer_->version != table->version) older_ = std::move(newer_);
        newer_ = std::move(table);
    }

    // The last one added; null before.
    [[nodiscard]] Pointer last() const {
        const std::lock_guard lock{mutex_};
        return newer_;
    }

private:
    mutable std::mutex mutex_;
    Pointer newer_;
    Pointer older_;
};

}  // namespace rollcall::discovery
