#include "options.h"

#include "usage.h"

#include <CLI/CLI.hpp>

#include <cmath>
#include <memory>
#include <string>

namespace rollcall::registry {
namespace {

std::chrono::milliseconds milliseconds_of(double seconds) {
    return std::chrono::milliseconds{std::llround(seconds * 1000)};
}

// A line per option, so that all of it fits a screen.
class Help : public CLI::Formatter {
public:
    Help() { column_width(26); }

    std::string make_option_opts(const CLI::Option* option) const override {
        return option->get_type_name().empty() ? "" : " " + option->get_type_name();
    }

    std::string make_option_desc(const CLI::Option* option) const override {
        const std::string given = option->get_default_str();
        return option->get_description() + (given.empty() ? "" : " [" + given + "]");
    }
};

// What the flags say, before it is checked.
struct Flags {
    std::string listen;
    double ttl = 15;
    double warmup = 0;
    std::string level;
};

void add_security_flags(CLI::App& app, RegistryServerOptions& server) {
    const auto add_file = [&app](const char* flag, const char* variable, auto& path, auto about) {
        app.add_option(flag, path, about)->envname(variable)->type_name("FILE");
    };
    add_file(
        "--token-file",
        "ROLLCALL_REGISTRYD_TOKEN_FILE",
        server.token_file,
        "who may read and write: lines `read TOKEN`, `write TOKEN`"
    );
    add_file(
        "--tls-cert",
        "ROLLCALL_REGISTRYD_TLS_CERT",
        server.tls.certificate_file,
        "serve https with this certificate (PEM, with its chain)"
    );
    add_file("--tls-key", "ROLLCALL_REGISTRYD_TLS_KEY", server.tls.key_file, "and its key (PEM)");
    add_file(
        "--tls-ca",
        "ROLLCALL_REGISTRYD_TLS_CA",
        server.tls.client_ca_file,
        "clients must show certificates by this authority (PEM)"
    );
}

void add_flags(CLI::App& app, Flags& flags, MainOptions& options) {
    app.set_version_flag("--version", "rollcall-registry " ROLLCALL_VERSION);
    app.add_option("--listen", flags.listen, "address to serve at; port 0 takes a free one")
        ->envname("ROLLCALL_REGISTRYD_LISTEN")
        ->type_name("HOST:PORT")
        ->capture_default_str();
    app.add_option("--ttl", flags.ttl, "lease of instances that name none; fractions are allowed")
        ->envname("ROLLCALL_REGISTRYD_TTL")
        ->type_name("SECONDS")
        ->capture_default_str();
    app.add_option("--warmup", flags.warmup, "answer lists with 503 for so long after the start")
        ->envname("ROLLCALL_REGISTRYD_WARMUP")
        ->type_name("SECONDS")
        ->capture_default_str();
    app.add_option(
           "--data", options.server.data_dir, "keep the list here; without it a restart forgets"
    )
        ->envname("ROLLCALL_REGISTRYD_DATA")
        ->type_name("DIR");
    app.add_option("--header-path", options.server.header_path, "path of the header protocol")
        ->envname("ROLLCALL_REGISTRYD_HEADER_PATH")
        ->type_name("PATH")
        ->capture_default_str();
    app.add_option("--header-prefix", options.server.header_prefix, "of its headers ...Server(s)")
        ->envname("ROLLCALL_REGISTRYD_HEADER_PREFIX")
        ->type_name("PREFIX")
        ->capture_default_str();
    add_security_flags(app, options.server);
    app.add_option("--log-level", flags.level, "debug, info, warning or error")
        ->envname("ROLLCALL_REGISTRYD_LOG_LEVEL")
        ->type_name("LEVEL")
        ->capture_default_str();
    app.add_flag("--log-json", options.log_json, "one JSON object per log line, on stderr")
        ->envname("ROLLCALL_REGISTRYD_LOG_JSON");
}

}  // namespace

ParsedOptions parse_options(int argc, char** argv) {
    ParsedOptions parsed;
    MainOptions& options = parsed.options;
    Flags flags;
    flags.listen = options.server.listen.to_string();
    flags.level = name_of(options.log_level);
    CLI::App app{
        "rollcall-registry keeps the list of running servers: they register over HTTP and send\n"
        "heartbeats, clients read who is there and watch it change.\n"
        "Each option is also a variable: --token-file is ROLLCALL_REGISTRYD_TOKEN_FILE; flags "
        "win.\n"
        "SIGHUP has the files of tokens and certificates read again.",
        "rollcall-registry"};
    app.formatter(std::make_shared<Help>());
    add_flags(app, flags, options);

    const auto refuse = [&](const std::string& sentence) {
        parsed.exit_status = refuse_usage(app, sentence);
        return parsed;
    };
    parsed.exit_status = parse_command_line(app, argc, argv);
    if (parsed.exit_status) return parsed;
    Result<Endpoint> endpoint = Endpoint::parse(flags.listen);
    if (!endpoint) return refuse("--listen " + endpoint.error().message());
    if (endpoint->is_unix())
        return refuse("--listen " + flags.listen + ": the registry speaks HTTP, over TCP alone");
    options.server.listen = *std::move(endpoint);
    // In range, so that the conversion is; the server checks the rest.
    for (const auto& [flag, value] :
         {std::pair{"--ttl", flags.ttl}, std::pair{"--warmup", flags.warmup}}) {
        if (!(value >= 0 && value <= 86'400)) {
            return refuse(std::string{flag} + " must be a number of seconds, at most a day");
        }
    }
    options.server.ttl = milliseconds_of(flags.ttl);
    options.server.warmup = milliseconds_of(flags.warmup);
    const auto known = log_level_from(flags.level);
    if (!known) {
        return refuse(
            "--log-level must be debug, info, warning or error, not '" + flags.level + "'"
        );
    }
    options.log_level = *known;
    return parsed;
}

}  // namespace rollcall::registry
