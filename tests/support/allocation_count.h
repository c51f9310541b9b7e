#pragma once
// What threads allocate. Programs that count list allocation_count.cpp among their sources: it puts
// itself before the C library's allocator, so that operator new counts, and whoever goes around it.

#include <cstddef>

namespace rollcall::tests {

// From now on the calling thread's allocations are counted.
void count_allocations_here();

// Of all threads that are counted, since the program began.
[[nodiscard]] std::size_t allocations();

}  // namespace rollcall::tests
