#include "request_memory.h"

#include <utility>

namespace rollcall::http {
namespace {

thread_local RequestReading* g_current = nullptr;

}  // namespace

bool RequestMemory::take(std::size_t bytes) {
    std::size_t free = free_.load();
    do {
        if (bytes > free) return false;
    } while (!free_.compare_exchange_weak(free, free - bytes));
    return true;
}

void RequestMemory::give_back(std::size_t bytes) {
    free_ += bytes;
}

bool RequestReading::grow(std::size_t bytes) {
    bytes_ += bytes;
    if (refused_) return false;
    if (bytes_ <= kFreeBytes) return true;
    if (memory_->take(bytes_ - taken_)) {
        taken_ = bytes_;
        return true;
    }
    refused_ = true;
    give_back();
    return false;
}

std::shared_ptr<const void> RequestReading::finish() {
    bytes_ = 0;
    refused_ = false;
    const std::size_t taken = std::exchange(taken_, 0);
    if (taken == 0) return nullptr;
    // The pointer is not what counts, but that somebody has it.
    return {memory_.get(), [memory = memory_, taken](const void*) { memory->give_back(taken); }};
}

void RequestReading::give_back() {
    if (taken_ > 0) memory_->give_back(std::exchange(taken_, 0));
}

RequestReading* RequestReading::current() noexcept {
    return g_current;
}

RequestReading::Scope::Scope(RequestReading* reading) noexcept
    : former_(std::exchange(g_current, reading)) {
}

RequestReading::Scope::~Scope() {
    g_current = former_;
}

}  // namespace rollcall::http
