// services, instances, status, drain, undrain and remove.
#include "cluster.h"

#include <csignal>
#include <memory>

namespace rollcall::tests {
namespace {

class RegistryCommands : public Cluster {
protected:
    [[nodiscard]] Json listed(std::size_t index = 0) const {
        return json({"instances", "calculator"}).at(index);
    }
};

TEST_F(RegistryCommands, ListServicesAndInstances) {
    wait_listed(1);
    const Json services = json({"services"});
    EXPECT_EQ(services, Json::parse(R"([{"name":"calculator","up":1,"total":1}])"));
    EXPECT_EQ(listed()["id"], calculator.endpoint());
    EXPECT_EQ(listed()["status"], "up");
    const Finished table = command({"instances", "calculator"});
    EXPECT_EQ(table.output.substr(0, 2), "ID");
    EXPECT_NE(table.output.find(calculator.endpoint()), std::string::npos);
    EXPECT_NE(command({"services"}).output.find("calculator  1   1"), std::string::npos);
    EXPECT_EQ(json({"instances", "unheard-of"}), Json::array());
}

TEST_F(RegistryCommands, ShowTheStateOfTheRegistry) {
    EXPECT_TRUE(json({"status"}).contains("epoch"));
    EXPECT_NE(command({"status"}).output.find(registry.url()), std::string::npos);
}

TEST_F(RegistryCommands, DrainAndUndrain) {
    wait_listed(1);
    const std::string id = calculator.endpoint();
    EXPECT_EQ(json({"drain", "calculator", id})["override"], "draining");
    EXPECT_EQ(listed()["override"], "draining");
    EXPECT_EQ(json({"services"})[0]["up"], 0);
    const Json nobody = json({"call", "calculator", "add", "1", "2", "--timeout", "0.3"}, 1);
    EXPECT_EQ(nobody["error"]["code"], "no_instances");
    EXPECT_EQ(command({"undrain", "calculator", id}).output, "calculator/" + id + " is up\n");
    EXPECT_EQ(json({"call", "calculator", "add", "1", "2"}), 3);
}

TEST_F(RegistryCommands, RemoveTakesADeadOneOffTheList) {
    wait_listed(1);
    calculator.process().signal(SIGSTOP);
    EXPECT_EQ(json({"remove", "calculator", calculator.endpoint()})["removed"], true);
    EXPECT_EQ(json({"instances", "calculator"}), Json::array());
    // One that is alive registers again.
    calculator.process().signal(SIGCONT);
    wait_listed(1);
}

class WatchCommand : public RegistryCommands {
protected:
    [[nodiscard]] std::unique_ptr<Process> watch(Words words) {
        words.insert(words.begin(), {program("rollcall"), "watch", "--registry", registry.url()});
        auto process = std::make_unique<Process>(std::move(words));
        EXPECT_TRUE(eventually([&] {
            return process->errors().find("watching " + registry.url()) != std::string::npos;
        })) << process->errors();
        return process;
    }
};

TEST_F(WatchCommand, PrintsALinePerChange) {
    wait_listed(1);
    const std::string id = calculator.endpoint();
    const auto all = watch({});
    const auto machine = watch({"Calculator", "--json"});
    const auto other = watch({"other"});
    ASSERT_EQ(command({"drain", "calculator", id}).status, (ExitStatus{0, 0}));
    const std::string line = all->wait_line("drained");
    EXPECT_NE(line.find("calculator/" + id), std::string::npos) << line;
    const Json row = Json::parse(machine->wait_line("drained"));
    EXPECT_EQ(row["id"], id);
    EXPECT_EQ(row["status"], "draining");
    ASSERT_EQ(command({"undrain", "calculator", id}).status, (ExitStatus{0, 0}));
    EXPECT_NE(all->wait_line("undrained").find(id), std::string::npos);
    EXPECT_EQ(other->output(), "");
}

TEST_F(WatchCommand, GoesOnWhenTheRegistryComesBack) {
    wait_listed(1);
    const auto all = watch({});
    registry.process().kill();
    EXPECT_TRUE(eventually([&] { return all->errors().find("trying again") != std::string::npos; })
    );
    const RegistryProgram again{"0.9", registry.listen()};
    EXPECT_NE(all->wait_line("registered").find(calculator.endpoint()), std::string::npos);
    EXPECT_NE(all->errors().find("it is back"), std::string::npos);
}

TEST_F(RegistryCommands, SayThatAnInstanceIsUnknown) {
    for (const std::string command : {"drain", "undrain", "remove"}) {
        const Json answer = json({command, "calculator", "nobody"}, 1);
        EXPECT_EQ(answer["error"]["code"], "registry_failed");
        EXPECT_NE(std::string{answer["error"]["message"]}.find("nobody"), std::string::npos);
    }
}

TEST_F(RegistryCommands, SayThatThereIsNoRegistry) {
    // A server that speaks something else is none either.
    const Words urls{"http://127.0.0.1:1", "http://" + calculator.endpoint()};
    for (const std::string& url : urls) {
        for (const std::string name : {"services", "status"}) {
            const Json answer = json({name, "--registry", url, "--timeout", "2"}, 1);
            EXPECT_EQ(answer["error"]["code"], "registry_failed");
            EXPECT_NE(
                std::string{answer["error"]["message"]}.find(url.substr(7)), std::string::npos
            ) << answer;
        }
    }
}

}  // namespace
}  // namespace rollcall::tests
