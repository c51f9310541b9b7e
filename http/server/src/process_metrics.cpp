#include <rollcall/http/process_metrics.h>

#include <dirent.h>
#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

namespace rollcall::http {
namespace {

// 0 where the system does not say.
std::uint64_t resident_bytes() {
    std::ifstream file{"/proc/self/statm"};
    std::uint64_t all_pages = 0;
    std::uint64_t resident_pages = 0;
    file >> all_pages >> resident_pages;
    return resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::uint64_t open_descriptors() {
    DIR* const folder = ::opendir("/proc/self/fd");
    if (folder == nullptr) return 0;
    std::uint64_t count = 0;
    while (::readdir(folder) != nullptr)
        ++count;
    ::closedir(folder);
    return count > 3 ? count - 3 : 0;  // ".", ".." and the one that was read
}

}  // namespace

void write_process_metrics(MetricsText& text) {
    text.single(
        "process_resident_memory_bytes", "gauge", "Memory in use by the process.", resident_bytes()
    );
    text.single(
        "process_cpu_seconds_total", "counter", "Processor time of the process.", cpu_seconds()
    );
    text.single(
        "process_open_fds", "gauge", "Open descriptors of the process.", open_descriptors()
    );
}

}  // namespace rollcall::http
