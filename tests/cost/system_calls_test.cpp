// How often a call asks the kernel, on the server and on the client. All that come together go
// together, so that with many in flight there is but a fraction of a system call for each.

#include "cost/subject/batch_answerer.h"
#include "cost/subject/batch_caller.h"
#include "cost/system_call_count.h"
#include "support/process.h"

#include <gtest/gtest.h>

#include <charconv>
#include <optional>

namespace rollcall::tests {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

struct Case {
    const char* name;
    std::size_t depth;
    double server;  // system calls per call, at most
    double client;
};

std::string name_of(const ::testing::TestParamInfo<Case>& info) {
    return info.param.name;
}

// Prints no bytes.
void PrintTo(const Case& given, std::ostream* out) {
    *out << given.depth << " in flight";
}

class SystemCallsPerCall : public ::testing::TestWithParam<Case> {
protected:
    static constexpr std::size_t kWarmUp = 50;
    static constexpr std::size_t kBatches = 200;

    void SetUp() override {
        if (kSanitized) GTEST_SKIP() << "sanitizers make system calls of their own";
    }

    // `peer` exchanges batches with `subject`. What is not the call's own, such as a wake-up that
    // finds nothing, depends on scheduling and only adds: the best of a few runs counts.
    template <class Peer>
    void expect_at_most(double bound, const Process& subject, Peer& peer, const char* side) {
        const std::size_t calls = kBatches * GetParam().depth;
        peer.exchange(kWarmUp);
        double found = 0;
        std::string parts;
        for (int run = 0; run < 4 && (run == 0 || found > bound); ++run) {
            try {
                const SystemCalls counted = count_system_calls(
                    subject.pid(), [&] { peer.exchange(kBatches); }, [&] { peer.exchange(1); }
                );
                found = static_cast<double>(sum_of(counted)) / static_cast<double>(calls);
                parts = text_of(counted, calls);
            } catch (const std::system_error& error) {
                const bool is_refused = error.code() == std::errc::operation_not_permitted ||
                                        error.code() == std::errc::function_not_supported ||
                                        error.code() == std::errc::io_error;
                // A system that has counted once does not refuse it afterwards.
                if (!is_refused || run > 0) throw;
                GTEST_SKIP() << "NOT COUNTED: this system allows no ptrace of own children: "
                             << error.what();
            }
        }
        RecordProperty("per_call", parts);
        EXPECT_LE(
            found, bound
        ) << "A call costs the "
          << side << " " << found << " system calls with " << GetParam().depth
          << " in flight, the bound is " << bound << ". Per call: " << parts
          << ". Take the new ones away: \"What a call costs\" in docs/hacking.md.";
    }
};

TEST_P(SystemCallsPerCall, Server) {
    Process server{{ROLLCALL_COST_SUBJECT, "serve"}};
    const std::string line = server.wait_line("port ");
    std::uint16_t port = 0;
    std::from_chars(line.data() + 5, line.data() + line.size(), port);
    BatchCaller caller{Endpoint{"127.0.0.1", port}, GetParam().depth, BatchCaller::Form::plain};
    expect_at_most(GetParam().server, server, caller, "server");
}

TEST_P(SystemCallsPerCall, Client) {
    BatchAnswerer answerer{GetParam().depth, BatchAnswerer::Answers::to_sleepers};
    const std::string port = std::to_string(answerer.endpoint().port());
    const Process client{{ROLLCALL_COST_SUBJECT, "call", port, std::to_string(GetParam().depth)}};
    expect_at_most(GetParam().client, client, answerer, "client");
}

INSTANTIATE_TEST_SUITE_P(
    CallCost,
    SystemCallsPerCall,
    ::testing::Values(Case{"OneAtATime", 1, 4.2, 4.2}, Case{"Depth128", 128, 0.07, 0.07}),
    name_of
);

}  // namespace
}  // namespace rollcall::tests
