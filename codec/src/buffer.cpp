#include <rollcall/codec/buffer.h>

#include <algorithm>
#include <new>

namespace rollcall::codec {

void Buffer::grow(std::size_t bytes) {
    constexpr std::size_t kFirst = 256;
    const std::size_t capacity = std::max({kFirst, size_ + bytes, capacity_ + capacity_ / 2});
    // realloc lets the allocator move large blocks by remapping pages.
    auto* grown = static_cast<char*>(std::realloc(data_.get(), capacity));
    if (grown == nullptr) throw std::bad_alloc{};
    static_cast<void>(data_.release());
    data_.reset(grown);
    capacity_ = capacity;
}

}  // namespace rollcall::codec
