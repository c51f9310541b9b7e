// A running calculator-server under load while curl, and a real Prometheus, look into it.

#include <rollcall/rpc/client.h>

#include "lookers.h"
#include "support/programs.h"
#include "windows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace rollcall::tests {
namespace {

using namespace std::chrono_literals;
using registry::tests::curl;

class UnderLoad : public testing::Test {
protected:
    // "http://host:port" of its admin listener.
    [[nodiscard]] static std::string admin_of(CalculatorProgram& program) {
        return last_word(program.process().wait_line("admin on"));
    }

    CalculatorProgram server{{"--admin", "127.0.0.1:0", "--admin-calls"}};
    const std::string url = admin_of(server);
};

TEST_F(UnderLoad, PrometheusScrapesWhatWasCalled) {
    const Scraper prometheus{url.substr(url.rfind('/') + 1)};
    static_cast<void>(p99_of_calls(server.endpoint(), 1000));
    const std::string calls = "rollcall_server_calls_total{method=\"add\",outcome=\"ok\"}";
    EXPECT_TRUE(eventually([&] { return prometheus.value(calls).value_or(0) >= 1000; }));
    EXPECT_EQ(prometheus.value("up"), 1);
    const std::string quantile =
        "histogram_quantile(0.99, rollcall_server_call_duration_seconds_bucket{method=\"add\"})";
    EXPECT_GT(prometheus.value(quantile).value_or(0), 0);
}

TEST_F(UnderLoad, ThoseWhoLookDoNotMoveThe99thPercentile) {
    // The machine has the same to do in all windows: curl looks at the server that is called, or at
    // another one.
    CalculatorProgram other{{"--admin", "127.0.0.1:0"}};
    const CurlLoop at_other{admin_of(other)};
    const CurlLoop at_server{url};
    const auto moves = [&] {
        Windows windows{server.endpoint(), 300, 11};
        for (const auto& [name, looker] :
             {std::pair{"elsewhere", &at_other}, {"here", &at_server}}) {
            looker->hold();
            windows.measure(
                name,
                [looker = looker] { looker->go_on_looking(); },
                [looker = looker] { looker->hold(); }
            );
        }
        windows.run();
        return windows.moved("elsewhere", "here");
    };
    // What chance alone does in some of a thousand runs, it does not do twice in a row.
    EXPECT_FALSE(moves() && moves());
    EXPECT_GE(at_server.looks(), 11U);
}

// Else the test above would say nothing.
TEST(Comparison, FindsWhatIsGreaterInNearlyAllPairsAndNotWhatDiffersByChance) {
    const std::vector<double> noise{400, 460, 1310, 390, 6850, 510, 480, 700, 450, 5790, 430};
    EXPECT_FALSE(compare(noise, noise).has_moved());
    std::vector<double> other = noise;
    std::rotate(other.begin(), other.begin() + 3, other.end());
    EXPECT_FALSE(compare(noise, other).has_moved());
    EXPECT_FALSE(compare(other, noise).has_moved());
    std::vector<double> moved = noise;
    for (double& p99 : moved)
        p99 *= 1.3;
    EXPECT_TRUE(compare(noise, moved).has_moved());
    EXPECT_FALSE(compare(moved, noise).has_moved()) << "less is no harm";
    moved[2] = 100;
    EXPECT_TRUE(compare(noise, moved).has_moved()) << "whatever one window says";
    moved[4] = 100;
    EXPECT_FALSE(compare(noise, moved).has_moved());
}

TEST_F(UnderLoad, CurlCallsMethodsAndIsToldByTheRpcPortWhere) {
    EXPECT_EQ(curl("-H 'Content-Type: application/json' -d '[1,2]' " + url + "/rpc/add").body, "3");
    const auto lost = curl("http://" + server.endpoint());
    EXPECT_EQ(lost.status, 400);
    EXPECT_NE(lost.body.find("admin: " + url), std::string::npos) << lost.body;
    EXPECT_EQ(curl(url + "/healthz").body, "serving\n");
}

}  // namespace
}  // namespace rollcall::tests
