#pragma once
// Instances come and go, each with a server and an address of its own, while calls go on.

#include <rollcall/discovery/registry_discovery.h>
#include <rollcall/discovery/service_client.h>
#include <rollcall/registry/registrar.h>
#include <rollcall/rpc/server.h>

#include "support/call_load.h"
#include "support/eventually.h"
#include "support/process_facts.h"
#include "support/programs.h"
#include "support/times.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace rollcall::tests {

class ChurnFixture : public ::testing::Test {
protected:
    // What this process holds while only the instance that stays is left.
    struct Holdings {
        std::size_t descriptors = 0;
        std::size_t threads = 0;
        std::size_t memory_kib = 0;
    };

    // What is left behind is left by each of some hundred. A pooled connection to the registry that
    // one of two looks found and the other did not is no leak.
    static constexpr std::size_t kPooled = 4;

    // How long it took for so many to come and go. No call failed.
    Duration churn(std::size_t instances) {
        CallLoad load{
            client_, rpc::invoke<std::string>("whoami").within(std::chrono::seconds{5}), 2};
        const TimePoint begun = SteadyClock::now();
        std::atomic<std::size_t> left{instances};
        std::vector<std::thread> managers;
        for (std::size_t i = 0; i < kManagers; ++i)
            managers.emplace_back([&] { come_and_go(left); });
        for (std::thread& each : managers)
            each.join();
        const Duration taken = SteadyClock::now() - begun;
        const auto errors = load.stop();
        const std::size_t calls = load.times().size();
        std::printf(
            "%zu instances in %.1f s; %zu calls, p99 %.1f ms\n",
            instances,
            seconds(taken),
            calls,
            milliseconds(percentile(load.times(), 0.99))
        );
        EXPECT_TRUE(errors.empty())
            << errors.size() << " failed, the first: " << errors.front().to_string();
        EXPECT_GT(calls, instances);
        return taken;
    }

    // Once everything of those that left is gone.
    Holdings settle() {
        EXPECT_TRUE(eventually([&] { return client_.state().size() == 1; }));
        Holdings before;
        // Connections that end and threads that leave take their time; it is over when two looks
        // agree.
        EXPECT_TRUE(eventually([&] {
            const Holdings last = std::exchange(before, look());
            return last.descriptors == before.descriptors && last.threads == before.threads;
        }));
        std::printf(
            "%zu descriptors, %zu threads, %zu KiB\n",
            before.descriptors,
            before.threads,
            before.memory_kib
        );
        return before;
    }

private:
    static constexpr std::size_t kManagers = 4;
    static constexpr std::size_t kAlive = 20;  // of each manager

    struct Instance {
        Instance(const std::string& registry, const rpc::IoThreads& io) : server(options(io)) {
            server.handle(rpc::Method<std::string()>{"whoami"}, [] { return std::string{"me"}; });
            server.start();
            registry::RegistrarOptions announced;
            announced.service = "calculator";
            announced.server = server.endpoint();
            announced.log = Log::none();
            registrar = std::make_unique<registry::Registrar>(registry, announced);
        }

        // In good order: off the list first.
        ~Instance() { registrar->stop(); }

        Instance(const Instance&) = delete;
        Instance& operator=(const Instance&) = delete;

        static rpc::ServerOptions options(const rpc::IoThreads& io) {
            rpc::ServerOptions options;
            options.listen = "127.0.0.1:0";
            options.io = io;
            options.log = Log::none();
            return options;
        }

        rpc::Server server;
        std::unique_ptr<registry::Registrar> registrar;
    };

    static Holdings look() { return {descriptors(), threads().size(), resident_kib()}; }

    void come_and_go(std::atomic<std::size_t>& left) {
        std::deque<std::unique_ptr<Instance>> alive;
        for (std::size_t now = left; now > 0; now = left) {
            if (!left.compare_exchange_weak(now, now - 1)) continue;
            alive.push_back(std::make_unique<Instance>(registry_.url(), io_));
            EXPECT_TRUE(
                alive.back()->registrar->wait_registered(Deadline::in(std::chrono::seconds{10}))
            );
            if (alive.size() > kAlive) alive.pop_front();
        }
    }

    RegistryProgram registry_{"60"};
    const rpc::IoThreads io_{1};
    const Instance stays_{registry_.url(), io_};
    const discovery::RegistryDiscovery found_{registry_.url(), "calculator"};
    discovery::ServiceClient client_{found_};
};

}  // namespace rollcall::tests
