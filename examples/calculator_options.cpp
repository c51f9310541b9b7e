#include "calculator_options.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <fstream>

namespace calculator {
namespace {

constexpr int kUsage = 2;
constexpr std::size_t kIoThreadsMax = 256;

// The first line of a file, so that the token is in no list of processes.
std::optional<std::string> first_line(const std::string& path) {
    std::ifstream file{path};
    std::string line;
    if (!std::getline(file, line) || line.empty()) return std::nullopt;
    return line;
}

}  // namespace

ParsedOptions parse_options(int argc, char** argv) {
    ParsedOptions parsed;
    Options& options = parsed.options;
    std::string token_file;

    CLI::App app{
        "calculator-server is the example server: add(a, b), echo(any), whoami(), sleep(ms) and\n"
        "fail(message) over MessagePack-RPC. SIGTERM ends it without a failed call."};
    app.add_option("--listen", options.listen, "address to serve at; port 0 takes a free one")
        ->type_name("HOST:PORT")
        ->capture_default_str();
    app.add_option("--advertise", options.advertise, "address that clients dial, if it differs")
        ->type_name("HOST[:PORT]");
    app.add_option("--registry", options.registries, "register there; may be repeated")
        ->type_name("URL")
        ->allow_extra_args(false);
    app.add_option("--service", options.service, "name to register under")
        ->type_name("NAME")
        ->capture_default_str();
    app.add_option("--id", options.id, "id to register with; default: the advertised address")
        ->type_name("ID");
    app.add_option("--token-file", token_file, "callers must know the token in its first line")
        ->type_name("FILE");
    app.add_option("--io-threads", options.io_threads, "threads that serve connections")
        ->type_name("N")
        ->check(CLI::Range(std::size_t{1}, kIoThreadsMax))
        ->capture_default_str();

    const auto refuse = [&](const std::string& sentence) {
        std::fprintf(stderr, "calculator-server: %s\n", sentence.c_str());
        parsed.exit_status = kUsage;
        return parsed;
    };
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& asked) {
        parsed.exit_status = app.exit(asked);
        return parsed;
    } catch (const CLI::ParseError& error) {
        return refuse(std::string{error.what()} + "; --help lists the options");
    }
    if (!token_file.empty()) {
        const auto token = first_line(token_file);
        if (!token) return refuse("--token-file: no token in the first line of " + token_file);
        options.token = *token;
    }
    return parsed;
}

}  // namespace calculator
