// health of one server and of a service.
#include "cluster.h"

#include <csignal>

namespace rollcall::tests {
namespace {

class HealthCommand : public Cluster {};

TEST_F(HealthCommand, OfAServerIsOneRow) {
    const Json rows = json({"health", calculator.endpoint()});
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0]["endpoint"], calculator.endpoint());
    EXPECT_EQ(rows[0]["status"], "serving");
    EXPECT_EQ(rows[0]["name"], "calculator-server");
    EXPECT_GE(rows[0]["uptime_s"], 0);
    EXPECT_EQ(rows[0]["connections"], 1) << "the command's own";
    const Finished table = command({"health", calculator.endpoint()});
    EXPECT_EQ(table.status, (ExitStatus{0, 0}));
    EXPECT_EQ(table.output.substr(0, 8), "ENDPOINT");
    EXPECT_NE(table.output.find("  serving  calculator-server"), std::string::npos) << table.output;
}

TEST_F(HealthCommand, OfAServerThatIsNotThereSaysUnreachableAndFails) {
    const Words words{"health", "127.0.0.1:1", "--timeout", "0.3"};
    const Json rows = json(words, 1);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0]["status"], "unreachable");
    EXPECT_EQ(rows[0]["error"]["sent"], "not_sent");
    const Finished table = command(words);
    EXPECT_EQ(table.status, (ExitStatus{1, 0}));
    EXPECT_NE(table.output.find("127.0.0.1:1  unreachable"), std::string::npos) << table.output;
    EXPECT_NE(table.errors.find("127.0.0.1:1"), std::string::npos) << "why: " << table.errors;
}

TEST_F(HealthCommand, OfOneThatHangsEndsInTime) {
    calculator.process().signal(SIGSTOP);
    const Json rows = json({"health", calculator.endpoint(), "--timeout", "0.3"}, 1);
    EXPECT_EQ(rows[0]["status"], "unreachable");
    EXPECT_EQ(rows[0]["error"]["code"], "timed_out") << rows;
    calculator.process().signal(SIGCONT);
    EXPECT_EQ(json({"health", calculator.endpoint()})[0]["status"], "serving");
}

TEST_F(HealthCommand, FindsAServerThatWasStartedAgainAtTheSamePort) {
    const std::string place = calculator.endpoint();
    calculator.process().kill();
    EXPECT_EQ(command({"health", place, "--timeout", "0.3"}).status, (ExitStatus{1, 0}));
    const CalculatorProgram again{{"--listen", place}};
    EXPECT_EQ(json({"health", place})[0]["status"], "serving");
}

TEST_F(HealthCommand, OfAServiceIsARowForEachInstanceAndAllMustServe) {
    wait_listed(1);
    // Its lease lasts, so that it is listed while it does not answer.
    const RegistryProgram patient{"600"};
    CalculatorProgram one{CalculatorProgram::in(patient.url())};
    const CalculatorProgram two{CalculatorProgram::in(patient.url())};
    const Words words{"health", "calculator", "--timeout", "1", "--registry", patient.url()};
    Json rows;
    ASSERT_TRUE(eventually([&] {
        rows = json(words);
        return rows.size() == 2;
    }));
    EXPECT_EQ(rows[0]["status"], "serving");
    EXPECT_EQ(rows[1]["status"], "serving");
    one.process().kill();
    rows = json(words, 1);
    ASSERT_EQ(rows.size(), 2U) << rows;
    for (const Json& row : rows)
        EXPECT_EQ(row["status"], row["endpoint"] == two.endpoint() ? "serving" : "unreachable");
}

TEST_F(HealthCommand, OfAServiceThatNobodyOffersFails) {
    const Json answer = json({"health", "unheard-of", "--timeout", "0.3"}, 1);
    EXPECT_EQ(answer["error"]["code"], "no_instances");
    EXPECT_NE(std::string{answer["error"]["message"]}.find("unheard-of"), std::string::npos);
}

}  // namespace
}  // namespace rollcall::tests
