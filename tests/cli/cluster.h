#pragma once
// A registry and a calculator that registers, for the tests of the command.

#include "support/eventually.h"
#include "support/programs.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace rollcall::tests {

using Json = nlohmann::json;
using Words = std::vector<std::string>;

class Cluster : public testing::Test {
protected:
    // Runs `rollcall` with the words, knowing the registry by its environment.
    [[nodiscard]] Finished command(Words words) const {
        words.insert(words.begin(), program("rollcall"));
        return run(std::move(words), {"ROLLCALL_REGISTRY=" + registry.url()});
    }

    // With --json: what it wrote, parsed.
    [[nodiscard]] Json json(Words words, int status = 0) const {
        words.emplace_back("--json");
        const Finished finished = command(std::move(words));
        EXPECT_EQ(finished.status, (ExitStatus{status, 0})) << finished.errors;
        return Json::parse(finished.output, nullptr, false);
    }

    // Until the registry lists `count` calculators.
    void wait_listed(std::size_t count) const {
        ASSERT_TRUE(eventually([&] { return json({"instances", "calculator"}).size() == count; }));
    }

    RegistryProgram registry;
    CalculatorProgram calculator{CalculatorProgram::in(registry.url())};
};

}  // namespace rollcall::tests
