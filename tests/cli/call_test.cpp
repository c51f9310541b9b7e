// call, broadcast and methods against real servers.
#include "cluster.h"

#include <cstdio>
#include <fstream>
#include <unistd.h>

namespace rollcall::tests {
namespace {

class Call : public Cluster {
protected:
    // echo() of the argument, as the command prints it.
    [[nodiscard]] std::string echoed(const std::string& text) const {
        const Finished finished = command({"call", calculator.endpoint(), "echo", text});
        EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.errors;
        return finished.output;
    }
};

TEST_F(Call, TakesJsonVerbatim) {
    for (const std::string text :
         {"[1,2]",
          "[]",
          "\"a,b\"",
          "-5",
          "[\"a, b\"]",
          "{\"b\":[1],\"a\":null}",
          "\"\"",
          "0.5",
          "18446744073709551615",
          "\"two words\"",
          "\"--json\"",
          "\"[1,2]\""}) {
        EXPECT_EQ(echoed(text), text + std::string{"\n"});
    }
}

TEST_F(Call, TakesManyArgumentsAndOptionsBetweenThem) {
    const Finished finished =
        command({"call", calculator.endpoint(), "add", "-5", "--timeout", "2", "8"});
    EXPECT_EQ(finished.output, "3\n") << finished.errors;
    EXPECT_EQ(command({"--json", "call", calculator.endpoint(), "add", "1", "2"}).output, "3\n");
    const Finished after_dashes =
        command({"call", "--idempotent", "--", calculator.endpoint(), "add", "1", "-1"});
    EXPECT_EQ(after_dashes.output, "0\n") << after_dashes.errors;
}

TEST_F(Call, FindsAServiceThroughTheRegistry) {
    wait_listed(1);
    EXPECT_EQ(command({"call", "calculator", "add", "1", "2"}).output, "3\n");
    EXPECT_EQ(
        command({"call", "calculator", "whoami"}).output, "\"" + calculator.endpoint() + "\"\n"
    );
    // The flag wins over the environment, on either side of the command.
    const Words nowhere{
        "--registry", "http://127.0.0.1:1", "call", "calculator", "whoami", "--timeout", "0.3"};
    EXPECT_EQ(command(nowhere).status, (ExitStatus{1, 0}));
    const Finished here =
        run({program("rollcall"), "call", "calculator", "whoami", "--registry", registry.url()},
            {"ROLLCALL_REGISTRY=http://127.0.0.1:1"});
    EXPECT_EQ(here.status, (ExitStatus{0, 0})) << here.errors;
}

TEST_F(Call, FailsWithASentenceAndWithJson) {
    const Words words{"call", calculator.endpoint(), "fail", "\"too bad\""};
    const Finished finished = command(words);
    EXPECT_EQ(finished.status, (ExitStatus{1, 0}));
    EXPECT_EQ(finished.output, "");
    EXPECT_NE(finished.errors.find("too bad"), std::string::npos);
    const Json error = json(words, 1).at("error");
    EXPECT_EQ(error.at("code"), "handler_failed");
    EXPECT_EQ(error.at("message"), "too bad");
    EXPECT_EQ(error.at("method"), "fail");
    EXPECT_EQ(error.at("endpoint"), calculator.endpoint());
}

TEST_F(Call, SaysWhatIsWrongWithMethodAndArguments) {
    const Json misspelt = json({"call", calculator.endpoint(), "ad", "1", "2"}, 1);
    EXPECT_EQ(misspelt["error"]["code"], "method_not_found");
    EXPECT_NE(std::string{misspelt["error"]["message"]}.find("'add'"), std::string::npos);
    const Json mistyped = json({"call", calculator.endpoint(), "add", "1", "\"2\""}, 1);
    EXPECT_EQ(mistyped["error"]["code"], "invalid_arguments");
}

TEST_F(Call, EndsInTimeWhenNobodyAnswers) {
    const Json slow = json({"call", calculator.endpoint(), "sleep", "60000", "--timeout=0.2"}, 1);
    EXPECT_EQ(slow["error"]["code"], "timed_out");
    EXPECT_EQ(slow["error"]["sent"], "maybe_sent");
    const Json nobody = json({"call", "127.0.0.1:1", "add", "--timeout", "0.3"}, 1);
    EXPECT_EQ(nobody["error"]["sent"], "not_sent");
}

TEST_F(Call, OfAServiceThatIsNotThereSaysSo) {
    const Json unknown = json({"call", "unheard-of", "add", "1", "2", "--timeout", "0.3"}, 1);
    EXPECT_EQ(unknown["error"]["code"], "no_instances");
    EXPECT_NE(std::string{unknown["error"]["message"]}.find("unheard-of"), std::string::npos);
    const Finished no_registry = run(
        {program("rollcall"),
         "call",
         "calculator",
         "add",
         "1",
         "2",
         "--timeout",
         "0.3",
         "--registry",
         "http://127.0.0.1:1"}
    );
    EXPECT_EQ(no_registry.status, (ExitStatus{1, 0}));
    EXPECT_NE(no_registry.errors.find("127.0.0.1:1"), std::string::npos) << no_registry.errors;
}

TEST_F(Call, ListsTheMethodsOfAServer) {
    const Json rows = json({"methods", calculator.endpoint()});
    ASSERT_EQ(rows.size(), 5U);
    EXPECT_EQ(
        rows[0], Json({{"name", "add"}, {"signature", "int(int,int)"}, {"idempotent", true}})
    );
    const Finished table = command({"methods", calculator.endpoint()});
    EXPECT_NE(table.output.find("add     int(int,int)"), std::string::npos) << table.output;
}

TEST_F(Call, BroadcastShowsEveryOutcome) {
    const CalculatorProgram second{CalculatorProgram::in(registry.url())};
    wait_listed(2);
    const Json good = json({"broadcast", "calculator", "add", "1", "2"});
    ASSERT_EQ(good.size(), 2U);
    EXPECT_EQ(good[0]["result"], 3);
    const Json bad = json({"broadcast", "calculator", "fail", "\"no\""}, 1);
    ASSERT_EQ(bad.size(), 2U);
    EXPECT_EQ(bad[1]["error"]["message"], "no");
    const Finished table = command({"broadcast", "calculator", "whoami"});
    EXPECT_NE(table.output.find("2 of 2 instances answered"), std::string::npos) << table.output;
    EXPECT_NE(table.output.find(second.endpoint()), std::string::npos) << table.output;
}

TEST_F(Call, PresentsTheTokenOfAFile) {
    const std::string file = testing::TempDir() + "rollcall_token_" + std::to_string(::getpid());
    std::ofstream{file} << "open-sesame\n";
    const CalculatorProgram guarded{{"--token-file", file}};
    const Json refused = json({"call", guarded.endpoint(), "add", "1", "2"}, 1);
    EXPECT_EQ(refused["error"]["code"], "unauthenticated");
    EXPECT_EQ(json({"call", guarded.endpoint(), "add", "1", "2", "--token-file", file}), 3);
    std::remove(file.c_str());
}

}  // namespace
}  // namespace rollcall::tests
