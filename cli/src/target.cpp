#include "target.h"

#include <rollcall/base/endpoint.h>
#include <rollcall/registry/validation.h>

#include "client_options.h"

#include <asio/bind_executor.hpp>

#include <utility>

namespace rollcall::cli {
namespace {

class ServerTarget final : public Target {
public:
    ServerTarget(Endpoint endpoint, const Settings& settings, const rpc::IoThreads& io)
        : executor_(io.executor()), client_(std::move(endpoint), client_options(settings, io)) {}

    Result<void> wait_ready(Deadline deadline) override { return client_.wait_ready(deadline); }

    UntypedResult call(UntypedInvocation invocation) override {
        return client_.call(std::move(invocation));
    }

    void start(UntypedInvocation invocation, std::function<void(UntypedResult)> done) override {
        client_.async_call(std::move(invocation), asio::bind_executor(executor_, std::move(done)));
    }

private:
    asio::any_io_executor executor_;
    rpc::Client client_;
};

class ServiceTarget final : public Target {
public:
    ServiceTarget(const std::string& service, const Settings& settings, const rpc::IoThreads& io)
        : executor_(io.executor()),
          client_(discover(settings, service), service_options(settings, io)) {}

    Result<void> wait_ready(Deadline deadline) override { return client_.wait_ready(deadline); }

    UntypedResult call(UntypedInvocation invocation) override {
        return client_.call(std::move(invocation));
    }

    void start(UntypedInvocation invocation, std::function<void(UntypedResult)> done) override {
        client_.async_call(std::move(invocation), asio::bind_executor(executor_, std::move(done)));
    }

private:
    asio::any_io_executor executor_;
    discovery::ServiceClient client_;
};

}  // namespace

Result<std::unique_ptr<Target>> open_target(
    const std::string& text, const Settings& settings, rpc::IoThreads io
) {
    if (!io) io = rpc::IoThreads::shared();
    if (text.find(':') != std::string::npos) {
        auto endpoint = Endpoint::parse(text);
        if (!endpoint) return endpoint.error();
        return std::make_unique<ServerTarget>(*std::move(endpoint), settings, io);
    }
    if (const auto name = registry::normalized_service(text); !name) {
        return Error{
            Errc::invalid_argument,
            "TARGET must be host:port, [v6]:port, unix:/path or a service: " +
                name.error().message()};
    }
    return std::make_unique<ServiceTarget>(text, settings, io);
}

}  // namespace rollcall::cli
