#include "support/allocation_count.h"

#include <atomic>
#include <cerrno>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ROLLCALL_SANITIZED 1
#endif

namespace rollcall::tests {
namespace {

std::atomic<std::size_t> counted{0};
thread_local bool is_counted = false;

// A place for a breakpoint: only what is counted comes here.
void count_one() noexcept {
    counted.fetch_add(1, std::memory_order_relaxed);
}

void count() noexcept {
    if (is_counted) count_one();
}

}  // namespace

void count_allocations_here() {
    is_counted = true;
}

std::size_t allocations() {
    return counted.load();
}

}  // namespace rollcall::tests

using rollcall::tests::count;

#ifdef ROLLCALL_SANITIZED

// These stand before the allocator themselves, and tell who asks.
extern "C" int __sanitizer_install_malloc_and_free_hooks(
    void (*malloc_hook)(const volatile void*, std::size_t), void (*free_hook)(const volatile void*)
);

namespace {

const int installed = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t) { count(); }, [](const volatile void*) {}
);

}  // namespace

#else

// The C library's own names for what these replace; free() stays as it is.
extern "C" {
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t elements, std::size_t bytes);
void* __libc_realloc(void* memory, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);

void* malloc(std::size_t bytes) {
    count();
    return __libc_malloc(bytes);
}

void* calloc(std::size_t elements, std::size_t bytes) {
    count();
    return __libc_calloc(elements, bytes);
}

void* realloc(void* memory, std::size_t bytes) {
    count();
    return __libc_realloc(memory, bytes);
}

void* memalign(std::size_t alignment, std::size_t bytes) {
    count();
    return __libc_memalign(alignment, bytes);
}

void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
    count();
    return __libc_memalign(alignment, bytes);
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t bytes) {
    count();
    *memory = __libc_memalign(alignment, bytes);
    return *memory == nullptr ? ENOMEM : 0;
}
}

#endif
