#pragma once
// Bytes through one stream between two processes, and the memory of both.

#include "support/process.h"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <string>

namespace rollcall::rpc::tests {

// The most memory that a process has ever used, in KiB.
[[nodiscard]] inline std::size_t peak_kib(pid_t pid) {
    std::ifstream status{"/proc/" + std::to_string(pid) + "/status"};
    std::string line;
    while (std::getline(status, line)) {
        if (!line.starts_with("VmHWM:")) continue;
        std::istringstream words{line.substr(6)};
        std::size_t kib = 0;
        words >> kib;
        return kib;
    }
    ADD_FAILURE() << "no VmHWM of process " << pid;
    return 0;
}

// Sanitizers keep freed memory and add their own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr std::size_t kCeilingKib = std::size_t{2048} << 10U;
#else
inline constexpr std::size_t kCeilingKib = std::size_t{64} << 10U;
#endif

inline void flow(const std::string& way, std::uint64_t bytes, Duration limit) {
    rollcall::tests::Process server{{ROLLCALL_STREAM_FLOW, "serve"}};
    const std::string line = server.wait_line("listening on ");
    const std::string endpoint = line.substr(line.rfind(' ') + 1);
    rollcall::tests::Process client{{ROLLCALL_STREAM_FLOW, way, endpoint, std::to_string(bytes)}};
    EXPECT_EQ(client.wait_line("moved ", limit), "moved " + std::to_string(bytes));
    const std::size_t at_server = peak_kib(server.pid());
    const std::size_t at_client = peak_kib(client.pid());
    EXPECT_LT(at_server, kCeilingKib);
    EXPECT_LT(at_client, kCeilingKib);
    testing::Test::RecordProperty("server_kib", static_cast<int>(at_server));
    testing::Test::RecordProperty("client_kib", static_cast<int>(at_client));
    for (const auto* process : {&client, &server})
        process->signal(SIGTERM);
    EXPECT_EQ(client.wait(), (rollcall::tests::ExitStatus{0, 0}));
    EXPECT_EQ(server.wait(), (rollcall::tests::ExitStatus{0, 0}));
}

}  // namespace rollcall::rpc::tests
