#pragma once
// A growing run of bytes that is written at the end.

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

namespace rollcall::codec {

// Bytes of a message; never owning.
using Bytes = std::string_view;

// Differs from std::string in that growing does not initialise, and that memory can be given back.
// Thread safety: one thread at a time. Throws std::bad_alloc.
class Buffer {
public:
    // From this size on a thread keeps a few blocks that it would give back, for the next buffers.
    static constexpr std::size_t kLargeBytes = std::size_t{128} << 10U;

    Buffer() = default;

    Buffer(Buffer&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0)),
          capacity_(std::exchange(other.capacity_, 0)) {}

    Buffer& operator=(Buffer&& other) noexcept {
        Buffer taken{std::move(other)};
        std::swap(data_, taken.data_);
        std::swap(size_, taken.size_);
        std::swap(capacity_, taken.capacity_);
        return *this;
    }

    ~Buffer() { release(); }

    [[nodiscard]] const char* data() const noexcept { return data_; }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

    [[nodiscard]] Bytes view() const noexcept { return {data_, size_}; }

    // Room for `bytes` more at the end, which the caller writes and then add()s.
    [[nodiscard]] char* room(std::size_t bytes) {
        if (capacity_ - size_ < bytes) grow(bytes);
        return data_ + size_;
    }

    // Counts bytes that were written into room().
    void add(std::size_t bytes) noexcept { size_ += bytes; }

    void append(const void* bytes, std::size_t count) {
        if (count == 0) return;
        std::memcpy(room(count), bytes, count);
        size_ += count;
    }

    void append(Bytes bytes) { append(bytes.data(), bytes.size()); }

    void push_back(char byte) {
        *room(1) = byte;
        ++size_;
    }

    // The sink interface of msgpack::packer.
    void write(const char* bytes, std::size_t count) { append(bytes, count); }

    // Overwrites one byte that is there.
    void set(std::size_t at, char byte) noexcept { data_[at] = byte; }

    // Likewise as many as `bytes` has; they may be of this buffer.
    void set(std::size_t at, Bytes bytes) noexcept {
        if (!bytes.empty()) std::memmove(data_ + at, bytes.data(), bytes.size());
    }

    // Forgets everything from `size` on; `size` must not be beyond the end.
    void truncate(std::size_t size) noexcept { size_ = size; }

    // Empties it and gives memory beyond `keep_bytes` back.
    void clear(std::size_t keep_bytes = static_cast<std::size_t>(-1)) noexcept {
        size_ = 0;
        if (capacity_ <= keep_bytes) return;
        release();
        data_ = nullptr;
        capacity_ = 0;
    }

private:
    void release() noexcept {
        capacity_ < kLargeBytes ? std::free(data_) : free_large(data_, capacity_);
    }

    static void free_large(char* data, std::size_t capacity) noexcept;
    void grow(std::size_t bytes);
    [[nodiscard]] bool grow_into_spare(std::size_t needed) noexcept;

    char* data_ = nullptr;  // of malloc()
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace rollcall::codec
