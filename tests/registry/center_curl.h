#pragma once
// The registry as a stranger meets it: through curl.

#include <array>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

namespace rollcall::registry::tests {

struct CurlAnswer {
    int status = 0;
    std::string head;  // status line and headers
    std::string body;

    // The value of a header, or "(none)".
    [[nodiscard]] std::string header(std::string_view name) const {
        const auto found = head.find("\r\n" + std::string{name} + ": ");
        if (found == std::string::npos) return "(none)";
        const auto start = found + name.size() + 4;
        return head.substr(start, head.find("\r\n", start) - start);
    }
};

// Runs `curl -sS -i --max-time 10 ARGUMENTS`, as a shell does.
inline CurlAnswer curl(const std::string& arguments) {
    const std::string command = "curl -sS -i --max-time 10 " + arguments + " 2>&1";
    FILE* const pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error{"cannot run curl"};
    std::string output;
    std::array<char, 65536> chunk{};
    for (std::size_t n = 0; (n = std::fread(chunk.data(), 1, chunk.size(), pipe)) > 0;) {
        output.append(chunk.data(), n);
    }
    if (::pclose(pipe) != 0) throw std::runtime_error{command + " failed: " + output};
    const auto end = output.find("\r\n\r\n");
    CurlAnswer answer;
    answer.head = output.substr(0, end + 2);
    answer.body = end == std::string::npos ? "" : output.substr(end + 4);
    answer.status = std::stoi(output.substr(output.find(' ')));
    return answer;
}

}  // namespace rollcall::registry::tests
