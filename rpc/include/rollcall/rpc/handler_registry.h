#pragma once
// How methods get their handlers, on servers and on clients. Users need server.h or client.h only.

#include <rollcall/rpc/handler.h>
#include <rollcall/rpc/peer.h>
#include <rollcall/rpc/stream_handler.h>

#include <functional>
#include <memory>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace rollcall::rpc {

// Everything is added before the first peer can call; later it throws std::logic_error.
class HandlerRegistry {
public:
    // Called when a peer has said its first message, before that is handled: with a token only
    // once it has presented it. On the connection's I/O thread, so it must not block; what it
    // throws is logged. At most one.
    using Connected = std::function<void(const Peer&)>;
    // Called when the connection of such a peer has ended, with the reason, in the same way. Calls
    // to the peer have ended by then.
    using Disconnected = std::function<void(const Peer&, std::string_view reason)>;

    void on_connect(Connected connected) { set_on_connect(std::move(connected)); }

    void on_disconnect(Disconnected disconnected) { set_on_disconnect(std::move(disconnected)); }

    // Adds a handler for a contract: a function, a lambda, an awaitable coroutine; returning T,
    // Result<T> or void. Its first parameter may be a Context&. Throws std::logic_error if the name
    // is taken or reserved ("$/..."). The handler of a stream has a StreamReader and a StreamWriter
    // (stream_ends.h) as its last parameters, as the contract says; one that writes items and reads
    // none may return a range of them instead, which is pulled as the reader takes them. It is a
    // coroutine, returns a range, or runs on the pool; anything else is a std::invalid_argument.
    template <class R, class... Args, class F>
    void handle(
        const Method<R(Args...)>& method, F function, HandlerOptions options = HandlerOptions()
    ) {
        add(method.name(),
            method.is_idempotent(),
            make_any_handler(method, std::move(function), options));
    }

    // A member function of an object that must outlive the handlers.
    template <class R, class... Args, class Member, class Object>
    requires std::is_member_function_pointer_v<Member>

    void handle(
        const Method<R(Args...)>& method,
        Member member,
        Object& object,
        HandlerOptions options = HandlerOptions()
    ) {
        handle(method, bind(member, object), options);
    }

    // By name alone: the signature is the function's own.
    template <class F>
    void handle(std::string_view name, F function, HandlerOptions options = HandlerOptions()) {
        add(name, false, make_any_handler(std::move(function), options));
    }

    template <class Member, class Object>
    requires std::is_member_function_pointer_v<Member>

    void handle(
        std::string_view name,
        Member member,
        Object& object,
        HandlerOptions options = HandlerOptions()
    ) {
        handle(name, bind(member, object), options);
    }

protected:
    HandlerRegistry() = default;
    HandlerRegistry(HandlerRegistry&&) noexcept = default;
    HandlerRegistry& operator=(HandlerRegistry&&) noexcept = default;
    ~HandlerRegistry() = default;

private:
    virtual void add(
        std::string_view name, bool is_idempotent, std::unique_ptr<Handler> handler
    ) = 0;
    virtual void set_on_connect(Connected connected) = 0;
    virtual void set_on_disconnect(Disconnected disconnected) = 0;

    template <class R, class... Args, class F>
    static std::unique_ptr<Handler> make_any_handler(
        const Method<R(Args...)>& method, F function, HandlerOptions options
    ) {
        using Split = detail::SplitArguments<Args...>;
        using Invoked = typename Split::template Result<R>;
        if constexpr (detail::kIsStreamed<Invoked>) {
            using Arguments = typename Split::Arguments;
            return detail::make_contract_stream<detail::StreamShape<Invoked>>(
                static_cast<Arguments*>(nullptr), std::move(function), options
            );
        } else {
            return make_contract_handler(method, std::move(function), options);
        }
    }

    template <class F>
    static std::unique_ptr<Handler> make_any_handler(F function, HandlerOptions options) {
        if constexpr (detail::kHasEnds<F>) {
            using Shape = detail::WithoutContext<typename detail::Signature<F>::Arguments>;
            using Ends = detail::EndsOf<typename Shape::Arguments_>;
            return detail::new_stream_handler<
                F,
                typename Ends::Arguments,
                typename Ends::Up,
                typename Ends::Down,
                Shape::takes_context,
                false>(std::move(function), options);
        } else {
            return make_handler(std::move(function), options);
        }
    }

    template <class Member, class Object>
    static auto bind(Member member, Object& object) {
        return bind_signature(
            member, object, static_cast<typename detail::Signature<Member>::Arguments*>(nullptr)
        );
    }

    template <class Member, class Object, class... Args>
    static auto bind_signature(Member member, Object& object, std::tuple<Args...>*) {
        // By reference: an awaitable member's const& parameters must outlive this lambda's call.
        return [member, target = &object](Args&&... arguments) ->
               typename detail::Signature<Member>::Returned {
                   return (target->*member)(std::move(arguments)...);
               };
    }

    template <class Member, class Object, class... Args>
    static auto bind_signature(Member member, Object& object, std::tuple<Context, Args...>*) {
        return [member, target = &object](Context& context, Args&&... arguments) ->
               typename detail::Signature<Member>::Returned {
                   return (target->*member)(context, std::move(arguments)...);
               };
    }
};

}  // namespace rollcall::rpc
