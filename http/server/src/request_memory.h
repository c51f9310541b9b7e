#pragma once
// How much memory the requests under way may take, all connections together.

#include <atomic>
#include <cstddef>
#include <memory>

namespace rollcall::http {

// What is free to be taken. Thread safety: any thread, because requests may be kept anywhere.
class RequestMemory {
public:
    explicit RequestMemory(std::size_t most) : free_(most) {}

    [[nodiscard]] bool take(std::size_t bytes);
    void give_back(std::size_t bytes);

private:
    std::atomic<std::size_t> free_;
};

// The request that one connection is reading: how much of it there is, and what that has taken.
// Requests of up to kFreeBytes take nothing, so that heartbeats come through whatever others do.
// One thread.
class RequestReading {
public:
    static constexpr std::size_t kFreeBytes = 4096;

    explicit RequestReading(std::shared_ptr<RequestMemory> memory) : memory_(std::move(memory)) {}

    ~RequestReading() { give_back(); }

    RequestReading(const RequestReading&) = delete;
    RequestReading& operator=(const RequestReading&) = delete;

    // So many bytes more. False if there was no room for them: what has been taken is given back,
    // and the rest of the request is not to be kept.
    [[nodiscard]] bool grow(std::size_t bytes);

    // Of the present request, kept or not.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

    [[nodiscard]] bool is_refused() const noexcept { return refused_; }

    // The request is whole and another one begins. Its memory is taken until the last copy of what
    // this returns has gone; null if it takes none.
    [[nodiscard]] std::shared_ptr<const void> finish();

    // The one whose bytes are being parsed on this thread; null if there is none.
    [[nodiscard]] static RequestReading* current() noexcept;

    // Makes it the current one, for its own lifetime.
    class Scope {
    public:
        explicit Scope(RequestReading* reading) noexcept;
        ~Scope();
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;

    private:
        RequestReading* const former_;
    };

private:
    void give_back();

    const std::shared_ptr<RequestMemory> memory_;
    std::size_t bytes_ = 0;
    std::size_t taken_ = 0;
    bool refused_ = false;
};

}  // namespace rollcall::http
