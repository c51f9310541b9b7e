// bench: what it counts adds up, and failures are told by their kind.
#include "cluster.h"

namespace rollcall::tests {
namespace {

using Bench = Cluster;

TEST_F(Bench, CountsCallsAndQuantiles) {
    const Json told = json(
        {"bench",
         calculator.endpoint(),
         "add",
         "1",
         "2",
         "--seconds",
         "0.3",
         "--threads",
         "2",
         "--in-flight",
         "4"}
    );
    EXPECT_GT(told["calls"], 10);
    EXPECT_EQ(told["failed"], 0);
    EXPECT_GT(told["calls_per_second"], 10);
    EXPECT_GT(told["p50_us"], 0);
    EXPECT_LE(told["p50_us"], told["p99_us"]);
    EXPECT_LE(told["p99_us"], told["p999_us"]);
    EXPECT_EQ(told["errors"], Json::object());
}

TEST_F(Bench, WorksThroughTheRegistryAndForPeople) {
    const Finished told = command({"--seconds=0.2", "bench", "calculator", "whoami"});
    EXPECT_EQ(told.status, (ExitStatus{0, 0})) << told.errors;
    EXPECT_NE(told.output.find("calls per second"), std::string::npos) << told.output;
    EXPECT_NE(told.output.find("p99.9"), std::string::npos) << told.output;
}

TEST_F(Bench, ReportsFailuresByKind) {
    const Json told =
        json({"bench", calculator.endpoint(), "fail", "\"no\"", "--seconds", "0.2"}, 1);
    EXPECT_GT(told["failed"], 0);
    EXPECT_EQ(told["failed"], told["calls"]);
    EXPECT_EQ(told["errors"]["handler_failed"], told["failed"]);
    EXPECT_NE(std::string{told["first_error"]}.find("no"), std::string::npos);
}

TEST_F(Bench, NeedsAServer) {
    const Json told = json({"bench", "127.0.0.1:1", "add", "--timeout", "0.3"}, 1);
    EXPECT_TRUE(told.contains("error"));
}

}  // namespace
}  // namespace rollcall::tests
