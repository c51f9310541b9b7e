#include "load_process.h"

#include "load.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <malloc.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace rollcall::soak {
namespace {

using std::chrono::seconds;

constexpr auto kWarmUp = seconds{1};
constexpr auto kMeasured = seconds{3};
constexpr auto kPatience = seconds{15};  // more than any call's deadline

// What the load process does.
class Course {
public:
    Course(const Options& options, const Addresses& addresses, int reports, int wishes)
        : options_(options), reports_(reports), wishes_(wishes), load_(addresses) {}

    void run() {
        Report report;
        if (options_.rate > 0) {
            report.rate = options_.rate;
        } else {
            measure_capacity(report);
        }
        load_.begin(report.rate);
        begun_ = SteadyClock::now();
        report.phase = Phase::measured;
        send(report);
        for (std::size_t i = 1; i <= options_.intervals(); ++i) {
            if (asked_to_stop(begun_ + options_.interval() * static_cast<int>(i))) break;
            // A machine that stood still for a moment leaves a backlog, whose memory the allocator
            // would keep: what is to be seen is what the load still needs.
            ::malloc_trim(0);
            tell(report, Phase::interval, load_.take());
        }
        load_.end();
        tell(report, Phase::stopped, load_.whole());
        static_cast<void>(load_.take());
        load_.drain(kPatience);
        tell(report, Phase::drained, load_.take());
    }

private:
    void measure_capacity(Report& report) {
        load_.begin_closed_loop();
        static_cast<void>(asked_to_stop(SteadyClock::now() + kWarmUp));
        const Figures warm_up = load_.take();
        const TimePoint begun = SteadyClock::now();
        static_cast<void>(asked_to_stop(begun + kMeasured));
        report.figures = load_.take();
        const std::chrono::duration<double> time = SteadyClock::now() - begun;
        load_.end_closed_loop();
        report.capacity = static_cast<double>(report.figures.ended()) / time.count();
        report.rate = report.capacity / 2;
        if (warm_up.failed() > 0) report.figures = warm_up;
        load_.drain(kPatience);
    }

    void tell(Report& report, Phase phase, const Figures& figures) {
        report.phase = phase;
        report.figures = figures;
        report.seconds = std::chrono::duration<double>(SteadyClock::now() - begun_).count();
        send(report);
    }

    void send(const Report& report) const {
        if (::write(reports_, &report, sizeof report) != sizeof report)
            throw std::system_error{errno, std::generic_category(), "no report can be sent"};
    }

    // Waits until then, or until it is asked to stop.
    [[nodiscard]] bool asked_to_stop(TimePoint until) const {
        for (;;) {
            const Duration left = Deadline::at(until).remaining();
            const auto whole = std::chrono::ceil<std::chrono::milliseconds>(left);
            pollfd entry{wishes_, POLLIN, 0};
            const int ready = ::poll(&entry, 1, static_cast<int>(whole.count()));
            if (ready > 0) return true;
            if (ready == 0 && SteadyClock::now() >= until) return false;
        }
    }

    const Options options_;
    const int reports_;
    const int wishes_;
    Load load_;
    TimePoint begun_;
};

std::array<int, 2> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::system_error{errno, std::generic_category(), "pipe"};
    return ends;
}

[[noreturn]] void become(
    const Options& options, const Addresses& addresses, int reports, int wishes
) {
    int status = 1;
    try {
        ::signal(SIGPIPE, SIG_IGN);
        Course{options, addresses, reports, wishes}.run();
        status = 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "soak-test: the load: %s\n", error.what());
    }
    std::fflush(nullptr);
    ::_exit(status);
}

}  // namespace

LoadProcess::LoadProcess(const Options& options, const Addresses& addresses) {
    const std::array<int, 2> reports = make_pipe();
    const std::array<int, 2> wishes = make_pipe();
    process_ = ::fork();
    if (process_ < 0) throw std::system_error{errno, std::generic_category(), "fork"};
    if (process_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::close(reports[0]);
        ::close(wishes[1]);
        become(options, addresses, reports[1], wishes[0]);
    }
    ::close(reports[1]);
    ::close(wishes[0]);
    reports_ = reports[0];
    wishes_ = wishes[1];
}

LoadProcess::~LoadProcess() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    ::close(reports_);
    ask_to_stop();
}

std::optional<Report> LoadProcess::next() const {
    Report report;
    auto* const bytes = reinterpret_cast<char*>(&report);
    for (std::size_t read = 0; read < sizeof report;) {
        const ssize_t count = ::read(reports_, bytes + read, sizeof report - read);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return std::nullopt;
        read += static_cast<std::size_t>(count);
    }
    return report;
}

void LoadProcess::ask_to_stop() {
    if (wishes_ >= 0) ::close(wishes_);
    wishes_ = -1;
}

}  // namespace rollcall::soak
