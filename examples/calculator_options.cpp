#include "calculator_options.h"

#include <rollcall/registry/client_tokens.h>

#include "usage.h"

#include <CLI/CLI.hpp>

#include <utility>

namespace calculator {
namespace {

constexpr std::size_t kIoThreadsMax = 256;

void add_security_options(CLI::App& app, Options& options, std::string& token_file) {
    auto& tls = options.access.tls;
    app.add_option("--token-file", token_file, "token of the registries and that of callers")
        ->type_name("FILE");
    app.add_option("--tls-ca", tls.ca_file, "who may sign the registries' certificates (PEM)")
        ->type_name("FILE");
    app.add_option("--tls-cert", tls.certificate_file, "certificate to show them (PEM)")
        ->type_name("FILE");
    app.add_option("--tls-key", tls.key_file, "and its key (PEM)")->type_name("FILE");
}

// Of the port that it serves at; those of the registries are without rpc-.
void add_rpc_options(CLI::App& app, Options& options) {
    auto& tls = options.tls;
    app.add_option("--rpc-tls-cert", tls.certificate_file, "serve over TLS with this one (PEM)")
        ->type_name("FILE");
    app.add_option("--rpc-tls-key", tls.key_file, "and its key (PEM)")->type_name("FILE");
    app.add_option("--rpc-tls-client-ca", tls.client_ca_file, "callers need one by this CA (PEM)")
        ->type_name("FILE");
}

}  // namespace

ParsedOptions parse_options(int argc, char** argv) {
    ParsedOptions parsed;
    Options& options = parsed.options;
    std::string token_file;

    CLI::App app{
        "calculator-server is the example server: add(a, b), echo(any), whoami(), sleep(ms) and\n"
        "fail(message) over MessagePack-RPC. SIGTERM ends it without a failed call.",
        "calculator-server"};
    app.add_option("--listen", options.listen, "address to serve at; port 0 takes a free one")
        ->type_name("HOST:PORT|unix:/PATH")
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
    add_security_options(app, options, token_file);
    add_rpc_options(app, options);
    app.add_option("--io-threads", options.io_threads, "threads that serve connections")
        ->type_name("N")
        ->check(CLI::Range(std::size_t{1}, kIoThreadsMax))
        ->capture_default_str();

    app.add_option("--admin", options.admin, "look into it there by HTTP: page, /metrics, /healthz")
        ->type_name("HOST:PORT");
    app.add_flag("--admin-calls", options.admin_calls, "and call it there: POST /rpc/METHOD");

    parsed.exit_status = rollcall::parse_command_line(app, argc, argv);
    if (parsed.exit_status) return parsed;
    auto tokens = rollcall::registry::read_client_tokens(token_file);
    if (!tokens) {
        parsed.exit_status =
            rollcall::refuse_usage(app, "--token-file: " + tokens.error().message());
        return parsed;
    }
    options.access.token = std::move(tokens->registry);
    options.token = std::move(tokens->server);
    return parsed;
}

}  // namespace calculator
