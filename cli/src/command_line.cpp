#include "command_line.h"

#include <rollcall/registry/client_tokens.h>

#include "command_spec.h"
#include "words.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>
#include <utility>

namespace rollcall::cli {
namespace {

constexpr double kSecondsMax = 86'400;
constexpr std::size_t kThreadsMax = 256;
constexpr std::size_t kInFlightMax = 65'536;

// CLI11 sees options only (see words.h), so it cannot know what to write about the other words.
class Help : public CLI::Formatter {
public:
    std::string make_usage(const CLI::App* app, std::string name) const override {
        if (const CommandSpec* const spec = find_command(app->get_name())) {
            return "Usage: rollcall " + spec->usage() + " [OPTIONS]\n";
        }
        return "Usage: " + name + " COMMAND [OPTIONS]\n";
    }
};

// What CLI11 fills in that is not yet what Settings hold.
struct Typed {
    double timeout = 5;
    double seconds = 5;
    std::string token_file;
};

// Of the servers that are called; those of the registry are without rpc-.
void add_rpc_options(CLI::App& app, Settings& settings) {
    auto& files = settings.rpc_files;
    app.add_flag("--rpc-tls", settings.rpc_tls, "call servers over TLS, by the system's CAs");
    app.add_option("--rpc-tls-ca", files.ca_file, "over TLS: who may sign their certificates (PEM)")
        ->type_name("FILE");
    app.add_option("--rpc-tls-cert", files.certificate_file, "certificate to show them (PEM)")
        ->type_name("FILE");
    app.add_option("--rpc-tls-key", files.key_file, "and its key (PEM)")->type_name("FILE");
    app.add_option("--rpc-tls-name", settings.rpc_name, "name in their certificates, if not HOST")
        ->type_name("NAME");
}

void add_global_options(CLI::App& app, Settings& settings, Typed& typed) {
    app.set_help_flag("-h,--help", "show this, or with a command what it takes");
    app.set_version_flag("--version", "rollcall " ROLLCALL_VERSION);
    app.add_option("--registry", settings.registry, "the registry to ask")
        ->envname("ROLLCALL_REGISTRY")
        ->type_name("URL")
        ->capture_default_str();
    app.add_option("--timeout", typed.timeout, "time for each call; fractions are allowed")
        ->type_name("SECONDS")
        ->capture_default_str();
    auto& tls = settings.access.tls;
    app.add_option("--token-file", typed.token_file, "tokens of the registry and of the servers")
        ->type_name("FILE");
    app.add_option("--tls-ca", tls.ca_file, "who may sign the registry's certificate (PEM)")
        ->type_name("FILE");
    app.add_option("--tls-cert", tls.certificate_file, "certificate to show it (PEM)")
        ->type_name("FILE");
    app.add_option("--tls-key", tls.key_file, "and its key (PEM)")->type_name("FILE");
    add_rpc_options(app, settings);
    app.add_flag("--idempotent", settings.idempotent, "the method may be executed twice: retry");
    app.add_flag("--json", settings.json, "write JSON, for machines");
}

void add_bench_options(CLI::App& command, Settings& settings, Typed& typed) {
    command.add_option("--seconds", typed.seconds, "how long")
        ->type_name("SECONDS")
        ->capture_default_str();
    command.add_option("--threads", settings.threads, "threads, each with a connection of its own")
        ->type_name("N")
        ->check(CLI::Range(std::size_t{1}, kThreadsMax))
        ->capture_default_str();
    command.add_option("--in-flight", settings.in_flight, "calls under way on each of them")
        ->type_name("N")
        ->check(CLI::Range(std::size_t{1}, kInFlightMax))
        ->capture_default_str();
}

void add_top_options(CLI::App& command, Settings& settings, Typed& typed) {
    command
        .add_option_function<double>(
            "--seconds",
            [&settings, &typed](double seconds) {
                typed.seconds = seconds;
                settings.seconds_given = true;
            },
            "between two looks (default 1)"
        )
        ->type_name("SECONDS");
    command.add_flag("--once", settings.once, "one table, then end");
    command.add_flag("--by-instance", settings.by_instance, "a row for each method of each");
}

void add_command(CLI::App& app, const CommandSpec& spec, Settings& settings, Typed& typed) {
    CLI::App* const command = app.add_subcommand(spec.name, spec.about);
    command->fallthrough();
    std::string more;
    if (std::string{spec.names.empty() ? "" : spec.names.front()} == "TARGET") {
        more = "TARGET is host:port, [v6]:port, unix:/path or the name of a service.\n";
    }
    if (spec.takes_json()) {
        more += "Each JSON is one argument, taken as it is: 1, -5, '[1,2]', '\"text\"', '{}'.\n";
    }
    command->footer(more + "The options of `rollcall --help` apply too.");
    if (std::string{spec.name} == "bench") add_bench_options(*command, settings, typed);
    if (std::string{spec.name} == "top") add_top_options(*command, settings, typed);
}

// An option of the program or of any of its commands that is followed by a value.
bool takes_value(const CLI::App& app, const std::string& option) {
    const auto* found = app.get_option_no_throw(option);
    for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        if (found == nullptr) found = command->get_option_no_throw(option);
    }
    return found != nullptr && found->get_items_expected_max() > 0;
}

Result<Duration> duration_of(const char* option, double seconds) {
    if (!(seconds > 0 && seconds <= kSecondsMax)) {
        return Error{
            Errc::invalid_argument,
            std::string{option} + " must be a number of seconds above 0, at most a day"};
    }
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>{seconds});
}

Result<void> finish(Settings& settings, const Typed& typed) {
    auto timeout = duration_of("--timeout", typed.timeout);
    if (!timeout) return timeout.error();
    auto duration = duration_of("--seconds", typed.seconds);
    if (!duration) return duration.error();
    auto tokens = registry::read_client_tokens(typed.token_file);
    if (!tokens) return Error{Errc::invalid_argument, "--token-file: " + tokens.error().message()};
    settings.timeout = *timeout;
    settings.duration = *duration;
    settings.access.token = std::move(tokens->registry);
    settings.token = std::move(tokens->server);
    return {};
}

// The words after the command: its names, then any number of others.
Result<void> split_words(CommandLine& line, const CommandSpec& spec, std::vector<std::string> all) {
    if (auto counted = spec.count(all); !counted) return counted;
    const auto first_json = all.begin() + static_cast<std::ptrdiff_t>(spec.names.size());
    line.command = spec.name;
    line.arguments.assign(first_json, all.end());
    line.names.assign(all.begin(), first_json);
    return {};
}

}  // namespace

ParsedCommandLine parse_command_line(int argc, char** argv) {
    ParsedCommandLine parsed;
    Settings& settings = parsed.line.settings;
    Typed typed;
    CLI::App app{"rollcall looks into a registry and calls the servers that it lists.", "rollcall"};
    app.formatter(std::make_shared<Help>());
    add_global_options(app, settings, typed);
    for (const CommandSpec& spec : commands())
        add_command(app, spec, settings, typed);
    app.footer(
        "Options are accepted before and after the command. Exit status: 0 done, 1 the call\n"
        "failed, 2 wrong usage."
    );

    const auto refuse = [&parsed](const std::string& sentence) {
        std::fprintf(stderr, "rollcall: %s; see rollcall --help\n", sentence.c_str());
        parsed.exit_status = kUsage;
        return parsed;
    };
    const Words words = sort_words(
        std::vector<std::string>(argv + 1, argv + argc),
        [&app](std::string_view option) { return takes_value(app, std::string{option}); }
    );
    const bool any = !words.positionals.empty();
    const CommandSpec* const spec = any ? find_command(words.positionals.front()) : nullptr;
    if (any && spec == nullptr) return refuse("no command '" + words.positionals.front() + "'");
    // CLI11 takes the words from the back of its vector.
    std::vector<std::string> options{words.options.rbegin(), words.options.rend()};
    if (spec != nullptr) options.emplace_back(spec->name);
    try {
        app.parse(std::move(options));
    } catch (const CLI::Success& asked) {
        parsed.exit_status = app.exit(asked);
        return parsed;
    } catch (const CLI::ParseError& error) {
        return refuse(error.what());
    }
    if (spec == nullptr) return refuse("a command is missing");
    const auto split =
        split_words(parsed.line, *spec, {words.positionals.begin() + 1, words.positionals.end()});
    if (!split) return refuse(split.error().message());
    if (const auto done = finish(settings, typed); !done) return refuse(done.error().message());
    return parsed;
}

}  // namespace rollcall::cli
