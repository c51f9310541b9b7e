#pragma once
// What the tests with a real Redis share.

#include <rollcall/registry/connect.h>

#include "registry/redis_program.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace rollcall::registry::tests {

inline Instance instance_of(std::uint16_t port, const std::string& incarnation) {
    Instance instance;
    instance.service = "calculator";
    instance.address = "127.0.0.1";
    instance.port = port;
    instance.id = "127.0.0.1:" + std::to_string(port);
    instance.incarnation = incarnation;
    return instance;
}

class RedisRegistry : public ::testing::Test {
protected:
    // `query` is added to the URL.
    [[nodiscard]] Connection connected(const std::string& query = "?ttl=0.6") const {
        return connect(redis.url() + query).value();
    }

    [[nodiscard]] std::vector<Instance> listed(const std::string& service = "calculator") const {
        return connected()
            .source->read({service}, Deadline::in(std::chrono::seconds{5}))
            .value()
            .front()
            .instances;
    }

    [[nodiscard]] std::vector<std::string> ids() const {
        std::vector<std::string> ids;
        for (const Instance& instance : listed())
            ids.push_back(instance.id);
        return ids;
    }

    rollcall::tests::RedisProgram redis;
};

}  // namespace rollcall::registry::tests
