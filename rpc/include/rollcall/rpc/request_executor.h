#pragma once
// Where a coroutine handler runs. Users need server.h only.

#include <rollcall/rpc/reply.h>

#include <asio/execution/execute.hpp>
#include <asio/query.hpp>
#include <asio/require.hpp>

#include <memory>
#include <utility>

namespace rollcall::rpc {

// An Asio executor that makes its request's handler the current one while anything runs on it, so
// that calls which a coroutine makes inherit from it wherever it goes on. Once the server or the
// client of the request has ended nothing goes on: what would is destroyed.
template <class Inner>
class RequestExecutor {
public:
    RequestExecutor(Inner inner, std::shared_ptr<ActiveRequest> request) noexcept
        : inner_(std::move(inner)), request_(std::move(request)) {}

    template <class Property>
    requires asio::can_query_v<const Inner&, Property>

    [[nodiscard]] auto query(const Property& property) const
        noexcept(asio::is_nothrow_query_v<const Inner&, Property>) ->
        typename asio::query_result<const Inner&, Property>::type {
        return asio::query(inner_, property);
    }

    template <class Property>
    requires asio::can_require_v<const Inner&, Property>

    [[nodiscard]] auto require(const Property& property) const {
        return RequestExecutor<
            std::decay_t<typename asio::require_result<const Inner&, Property>::type>>{
            asio::require(inner_, property), request_};
    }

    template <class Function>
    void execute(Function&& function) const {
        asio::execution::execute(
            inner_,
            [request = request_, run = std::forward<Function>(function)]() mutable {
                if (request->is_over()) return;
                const HandlerScope scope{*request};
                std::move(run)();
            }
        );
    }

    friend bool operator==(const RequestExecutor& a, const RequestExecutor& b) noexcept {
        return a.request_ == b.request_ && a.inner_ == b.inner_;
    }

private:
    Inner inner_;
    std::shared_ptr<ActiveRequest> request_;
};

}  // namespace rollcall::rpc
