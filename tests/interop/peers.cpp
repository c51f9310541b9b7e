#include "peers.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <unistd.h>

namespace rollcall::tests {
namespace {

constexpr const char* kScripts = ROLLCALL_INTEROP_SCRIPTS;
constexpr const char* kNodeModules = ROLLCALL_NODE_MODULES;

[[noreturn]] void missing(const std::string& what, const std::string& package) {
    throw std::runtime_error{
        "this test needs " + what + ": install " + package + " ('scripts/setup tests' does)"};
}

std::string program(const std::string& path, const std::string& package) {
    if (::access(path.c_str(), X_OK) != 0) missing(path, package);
    return path;
}

}  // namespace

std::vector<std::string> nvim_command() {
    return {program("/usr/bin/nvim", "the Debian package neovim"), "--headless", "--clean"};
}

std::vector<std::string> python_command(const std::string& script) {
    static const bool has_msgpack =
        run({program("/usr/bin/python3", "the Debian package python3"), "-c", "import msgpack"})
            .status.code == 0;
    if (!has_msgpack) missing("Python's msgpack", "the Debian package python3-msgpack");
    return {"/usr/bin/python3", "-u", std::string{kScripts} + "/" + script};
}

std::vector<std::string> prometheus_command(
    const std::string& folder, const std::string& configuration
) {
    const std::string file = folder + "/prometheus.yml";
    std::ofstream{file} << configuration;
    return {
        program("/usr/bin/prometheus", "the Debian package prometheus"),
        "--config.file=" + file,
        "--storage.tsdb.path=" + folder + "/data",
        "--web.listen-address=127.0.0.1:0",
        // It looks at what it has found every five seconds, and once more before it shows it.
        "--scrape.discovery-reload-interval=100ms"};
}

std::optional<std::string> prometheus_address(const std::string& log) {
    const std::string mark = "msg=\"Listening on\" address=";
    const auto at = log.find(mark);
    const auto end = log.find('\n', at);
    if (at == std::string::npos || end == std::string::npos) return std::nullopt;
    return log.substr(at + mark.size(), end - at - mark.size());
}

std::vector<std::string> node_command(const std::string& script, const std::string& package) {
    if (!std::filesystem::exists(std::string{kNodeModules} + "/" + package))
        missing(package + " in " + std::string{kNodeModules}, "the npm package " + package);
    return {
        program("/usr/bin/node", "the Debian package nodejs"),
        std::string{kScripts} + "/" + script};
}

std::vector<std::string> node_environment() {
    return {"NODE_PATH=" + std::string{kNodeModules}};
}

Endpoint wait_listening(Process& process) {
    const std::string line = process.wait_line("listening ");
    const auto begin = line.find("listening ") + 10;
    const std::string address = line.substr(begin, line.find_last_not_of(" \r\n") + 1 - begin);
    return Endpoint::parse(address).value();
}

}  // namespace rollcall::tests
