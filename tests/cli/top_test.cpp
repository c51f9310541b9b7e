// top of a server and of a service: once, for machines, in a terminal.
#include <rollcall/rpc/client.h>

#include "cluster.h"
#include "terminal.h"

#include <csignal>
#include <memory>
#include <optional>

namespace rollcall::tests {
namespace {

using namespace std::chrono_literals;

class TopCommand : public Cluster {
protected:
    [[nodiscard]] Words words(Words more) const {
        more.insert(more.begin(), {program("rollcall"), "top", "--registry", registry.url()});
        return more;
    }

    // A look every 50 ms, as JSON, until it is ended.
    [[nodiscard]] std::unique_ptr<Process> live(const std::string& target) const {
        return std::make_unique<Process>(words({target, "--json", "--seconds", "0.05"}));
    }

    // The last whole line that it has written, parsed.
    [[nodiscard]] static Json last(const Process& top) {
        const std::string all = top.output();
        const auto end = all.rfind('\n');
        if (end == std::string::npos) return Json::object();
        const auto begin = end == 0 ? std::string::npos : all.rfind('\n', end - 1);
        const std::size_t from = begin == std::string::npos ? 0 : begin + 1;
        return Json::parse(all.substr(from, end - from));
    }

    [[nodiscard]] static double rate(const Json& line, const std::string& method) {
        for (const Json& row : line.value("methods", Json::array())) {
            if (row["method"] == method) return row["calls_per_second"];
        }
        return -1;
    }

    // Calls until top shows them.
    [[nodiscard]] static bool shows_calls(const Process& top, const std::string& endpoint) {
        rpc::Client client{endpoint};
        return eventually([&] {
            EXPECT_TRUE(client.call(rpc::invoke<int>("add", 1, 2)));
            return rate(last(top), "add") > 0;
        });
    }
};

TEST_F(TopCommand, OnceIsOneTableOfAServersMethods) {
    const Finished once = command({"top", calculator.endpoint(), "--once", "--seconds", "0.05"});
    EXPECT_EQ(once.status, (ExitStatus{0, 0})) << once.errors;
    EXPECT_EQ(once.output.find(calculator.endpoint() + "  serving  up "), 0U) << once.output;
    EXPECT_NE(once.output.find("\nMETHOD  CALLS/S"), std::string::npos) << once.output;
    EXPECT_NE(once.output.find("\nadd "), std::string::npos) << once.output;
    EXPECT_EQ(once.output.find('\x1b'), std::string::npos) << "nothing is drawn into a pipe";
    // Without a terminal it is the same.
    const Finished pipe = command({"top", calculator.endpoint(), "--seconds", "0.05"});
    EXPECT_EQ(pipe.status, (ExitStatus{0, 0}));
    EXPECT_NE(pipe.output.find("\nMETHOD  CALLS/S"), std::string::npos) << pipe.output;
}

TEST_F(TopCommand, OnceWithJsonIsOneLine) {
    const Json line = json({"top", calculator.endpoint(), "--once", "--seconds", "0.05"});
    EXPECT_EQ(line["status"], "serving");
    EXPECT_EQ(line["connections"], 1);
    ASSERT_EQ(line["methods"].size(), 5U) << line;
    EXPECT_EQ(line["methods"][0]["calls_per_second"], 0);
    EXPECT_TRUE(line["methods"][0]["p99_us"].is_null());
}

TEST_F(TopCommand, ShowsCallsWhileTheyAreMadeAndEndsWellByASignal) {
    for (const int number : {SIGINT, SIGTERM}) {
        const auto top = live(calculator.endpoint());
        EXPECT_TRUE(shows_calls(*top, calculator.endpoint())) << top->errors();
        top->signal(number);
        EXPECT_EQ(top->wait(), (ExitStatus{0, 0})) << top->errors();
        EXPECT_EQ(top->errors(), "");
        EXPECT_EQ(top->output().back(), '\n') << "it does not end in the middle of a line";
    }
}

TEST_F(TopCommand, WaitsForAServerThatWasKilledAndStartedAgain) {
    const std::string place = calculator.endpoint();
    const auto top = live(place);
    EXPECT_TRUE(shows_calls(*top, place)) << top->errors();
    calculator.process().kill();
    EXPECT_TRUE(eventually([&] { return top->errors().find("trying again") != std::string::npos; })
    );
    const CalculatorProgram again{{"--listen", place}};
    EXPECT_TRUE(eventually([&] { return top->errors().find("it is back") != std::string::npos; }));
    EXPECT_TRUE(shows_calls(*top, place)) << top->errors();
    const Json line = last(*top);
    for (const Json& row : line["methods"])
        EXPECT_GE(row["calls_per_second"], 0) << "the new process counts from its start";
    top->signal(SIGINT);
    EXPECT_EQ(top->wait(), (ExitStatus{0, 0}));
}

TEST_F(TopCommand, OfAServerThatIsNotThereFails) {
    const Words words{"top", "127.0.0.1:1", "--timeout", "0.3"};
    const Finished finished = command(words);
    EXPECT_EQ(finished.status, (ExitStatus{1, 0}));
    EXPECT_EQ(finished.output, "");
    EXPECT_NE(finished.errors.find("127.0.0.1:1"), std::string::npos) << finished.errors;
    EXPECT_EQ(json(words, 1)["error"]["sent"], "not_sent");
}

TEST_F(TopCommand, InATerminalIsDrawnToItsSizeAndLeavesItClean) {
    Terminal terminal{words({calculator.endpoint(), "--seconds", "0.05"}), 6, 40};
    ASSERT_TRUE(terminal.shows("and 3 more")) << terminal.written();
    EXPECT_TRUE(terminal.shows("CALLS/S"));
    terminal.type("\x03");  // Ctrl-C
    EXPECT_EQ(terminal.wait(), (ExitStatus{0, 0}));
    EXPECT_TRUE(terminal.is_as_before());
    const std::string all = terminal.written();
    // No other screen, no hidden cursor, no colour that stays; the prompt begins a line.
    EXPECT_EQ(all.find("\x1b[?"), std::string::npos);
    EXPECT_EQ(all.find("\x1b[m"), std::string::npos);
    EXPECT_NE(all.find("more\x1b[K\r\n\x1b[J"), std::string::npos) << all;
}

TEST_F(TopCommand, OfAServiceAddsUpItsInstancesWhichComeAndGo) {
    wait_listed(1);
    const auto top = live("calculator");
    const auto instances = [&] { return last(*top).value("instances", Json::array()); };
    EXPECT_TRUE(eventually([&] { return instances().size() == 1; })) << top->errors();
    EXPECT_EQ(instances()[0]["endpoint"], calculator.endpoint());
    std::optional<CalculatorProgram> second{CalculatorProgram::in(registry.url())};
    EXPECT_TRUE(eventually([&] { return instances().size() == 2; })) << top->output();
    EXPECT_TRUE(shows_calls(*top, second->endpoint())) << top->output();
    EXPECT_EQ(last(*top)["methods"].size(), 5U) << "by method, not by instance";
    second.reset();  // killed; its lease ends
    EXPECT_TRUE(eventually([&] { return instances().size() == 1; })) << top->output();
    EXPECT_EQ(instances()[0]["endpoint"], calculator.endpoint());
    top->signal(SIGINT);
    EXPECT_EQ(top->wait(), (ExitStatus{0, 0}));
}

TEST_F(TopCommand, OfAServiceCanHaveARowForEachInstance) {
    const CalculatorProgram second{CalculatorProgram::in(registry.url())};
    wait_listed(2);
    const Words words{"top", "calculator", "--once", "--seconds", "0.05", "--by-instance"};
    const Json line = json(words);
    EXPECT_EQ(line["methods"].size(), 10U) << line;
    EXPECT_TRUE(line["methods"][0].contains("instance"));
    const Finished table = command(words);
    EXPECT_EQ(table.output.find("calculator  2 instances: 2 serving"), 0U) << table.output;
    EXPECT_NE(table.output.find("add     " + second.endpoint()), std::string::npos) << table.output;
}

TEST_F(TopCommand, OfAServiceThatNobodyOffersFails) {
    const Json answer = json({"top", "unheard-of", "--timeout", "0.3"}, 1);
    EXPECT_EQ(answer["error"]["code"], "no_instances");
}

}  // namespace
}  // namespace rollcall::tests
