// The soak: a registry and three servers under half of the load that they can bear, for half an
// hour. No call may fail; memory, descriptors and threads of all processes have to stay flat.
//   soak-test [--seconds N] [--rate CALLS_PER_SECOND] [--out FILE]
#include <rollcall/base/signals.h>

#include "history.h"
#include "load_process.h"
#include "options.h"
#include "process_usage.h"
#include "site.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <poll.h>
#include <stdexcept>
#include <sys/signalfd.h>
#include <system_error>
#include <unistd.h>

namespace rollcall::soak {
namespace {

// Ctrl-C as something that can be polled. The signals are blocked already.
int open_signals() {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGINT);
    ::sigaddset(&signals, SIGTERM);
    const int descriptor = ::signalfd(-1, &signals, SFD_CLOEXEC);
    if (descriptor < 0) throw std::system_error{errno, std::generic_category(), "signalfd"};
    return descriptor;
}

class Soak {
public:
    explicit Soak(const Options& options)
        : site_(std::chrono::ceil<std::chrono::seconds>(std::chrono::duration<double>{
              options.seconds})),
          load_(options, site_.addresses()),
          members_(site_.members()),
          signals_(open_signals()) {
        members_.push_back({"load", load_.process()});
        for (const Site::Member& member : members_)
            history_.course.processes.push_back({member.name, {}});
        history_.wanted_seconds = options.seconds;
    }

    ~Soak() { ::close(signals_); }

    Soak(const Soak&) = delete;
    Soak& operator=(const Soak&) = delete;

    // Until its time is over, a process has ended or somebody does not want to wait any more: once
    // for the summary, twice at once.
    const History& run() {
        bool interrupted = false;
        while (!drained_) {
            std::array<pollfd, 2> entries{
                pollfd{load_.descriptor(), POLLIN, 0}, pollfd{signals_, POLLIN, 0}};
            if (::poll(entries.data(), entries.size(), -1) < 0) continue;
            if (entries[1].revents != 0) {
                if (interrupted) break;
                interrupted = true;
                take_signal();
            } else if (!take_report()) {
                break;
            }
        }
        history_.complete = drained_ && !interrupted && history_.ended.empty();
        return history_;
    }

private:
    void take_signal() {
        signalfd_siginfo info{};
        static_cast<void>(::read(signals_, &info, sizeof info) == sizeof info);
        load_.ask_to_stop();
    }

    // False: the load has nothing more to say.
    bool take_report() {
        const auto report = load_.next();
        if (!report) {
            history_.ended.emplace_back("the load");
            return false;
        }
        count_failures(report->figures, report->phase);
        switch (report->phase) {
            case Phase::measured:
                history_.capacity = report->capacity;
                history_.course.intended_rate = report->rate;
                print_head(history_);
                return true;
            case Phase::interval:
                return take_interval(*report);
            case Phase::stopped:
                history_.whole = report->figures;
                history_.course.seconds = report->seconds;
                history_.course.achieved_rate =
                    static_cast<double>(report->figures.ended()) / report->seconds;
                return true;
            case Phase::drained:
                drained_ = true;
                if (report->figures.in_flight > 0) fail(report->figures.in_flight, "no end at all");
                return true;
        }
        return true;
    }

    bool take_interval(const Report& report) {
        std::vector<Usage> usages;
        for (const Site::Member& member : members_) {
            const auto usage = usage_of(member.process);
            if (!usage) history_.ended.push_back(member.name);
            usages.push_back(usage.value_or(Usage{}));
        }
        if (!history_.ended.empty()) return false;
        for (std::size_t i = 0; i < usages.size(); ++i)
            history_.course.processes[i].samples.push_back(usages[i]);
        const double before = history_.moments.empty() ? 0 : history_.moments.back().seconds;
        const double rate = static_cast<double>(report.figures.ended()) / (report.seconds - before);
        history_.moments.push_back({report.seconds, rate, report.figures});
        print_moment(history_);
        return true;
    }

    // The figures of the whole have been counted by their intervals, but for the last part.
    void count_failures(const Figures& figures, Phase phase) {
        const std::uint64_t counted = phase == Phase::stopped ? failed_in_intervals_ : 0;
        const std::uint64_t failed = figures.failed() - counted;
        if (phase == Phase::interval) failed_in_intervals_ += failed;
        if (failed > 0) fail(failed, figures.first_failure.data());
    }

    void fail(std::uint64_t calls, const std::string& why) {
        if (history_.course.failed == 0) history_.course.first_failure = why;
        history_.course.failed += calls;
    }

    Site site_;
    LoadProcess load_;
    std::vector<Site::Member> members_;
    const int signals_;
    History history_;
    std::uint64_t failed_in_intervals_ = 0;
    bool drained_ = false;
};

int main(const std::vector<std::string>& arguments) {
    hold_signals();  // before the first process is forked, so that Ctrl-C is for this one alone
    const auto options = parse(arguments, std::getenv("ROLLCALL_SOAK_SECONDS"));
    if (!options) {
        std::fprintf(stderr, "soak-test: %s\n", options.error().message().c_str());
        std::fwrite(kUsage.data(), 1, kUsage.size(), stderr);
        return 2;
    }
    if (options->help) {
        std::fwrite(kUsage.data(), 1, kUsage.size(), stdout);
        return 0;
    }
    Soak soak{*options};
    const History& history = soak.run();
    print_summary(history);
    write_json(history, options->out);
    std::printf("written: %s\n", options->out.c_str());
    return all_findings(history).empty() ? 0 : 1;
}

}  // namespace
}  // namespace rollcall::soak

int main(int count, char** arguments) {
    try {
        return rollcall::soak::main({arguments + 1, arguments + count});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "soak-test: %s\n", error.what());
        return 1;
    }
}
