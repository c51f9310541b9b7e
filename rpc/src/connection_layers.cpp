// How requests go through the layers of a server to their handlers.

#include "admission.h"
#include "coarse_clock.h"
#include "connection.h"
#include "incoming_layers.h"

#include <utility>

namespace rollcall::rpc {

std::size_t Connection::run_layered(
    const Base& self, Admitted&& admitted, Context::Facts&& facts, std::size_t frame_bytes
) {
    static_cast<void>(peer_state(self));  // layers may ask for it at any time
    Context context{std::move(facts), self.get(), nullptr};
    // The same one for all requests that end at once: layers of plain handlers cost no memory.
    auto layers = spare_layers_ ? std::move(spare_layers_)
                                : std::make_unique<IncomingLayers>(host_->middleware);
    layers->begin(context, frame_bytes);
    Entry said = [&] {
        const ContextScope scope{context};
        return layers->enter();
    }();
    const bool is_late = has_passed(context.deadline());
    if (Error* const why = said.error()) {
        refuse_layered(admitted, context, *layers, std::move(*why), frame_bytes);
    } else if (said.goes_on() && is_late) {
        refuse_layered(admitted, context, *layers, too_late_to_begin(), frame_bytes);
    } else if (said.goes_on() && admitted.method->handler->runs_inline()) {
        run_inline(self, admitted, context, layers.get(), frame_bytes);
    } else {
        auto slots = take_slots(*admitted.method, *host_->load);
        if (slots)
            return go_on_later(
                self, admitted, context, frame_bytes, std::move(layers), said, std::move(*slots)
            );
        refuse_layered(admitted, context, *layers, std::move(slots.error()), frame_bytes);
    }
    spare_layers_ = std::move(layers);
    return 0;
}

void Connection::refuse_layered(
    const Admitted& admitted,
    const Context& context,
    IncomingLayers& layers,
    Error&& why,
    std::size_t frame_bytes
) {
    codec::Buffer& out = thread_.output();
    const std::size_t start = out.size();
    const auto error = finish_reply(
        out, start, admitted.id, std::move(why), context.reply_metadata(), reply_format()
    );
    const std::size_t reply_bytes = out.size() - start;
    layers.leave(&*error, reply_bytes);
    thread_.calls().add(
        admitted.method->metrics, error->code(), frame_bytes, reply_bytes, context.began()
    );
}

std::size_t Connection::go_on_later(
    const Base& self,
    const Admitted& admitted,
    Context& context,
    std::size_t frame_bytes,
    std::unique_ptr<IncomingLayers> layers,
    Entry& said,
    RequestSlots&& slots
) {
    const MethodEntry& method = *admitted.method;
    const auto request =
        make_request(self, admitted, IncomingLayers::take_facts(context), std::move(slots));
    // The name of an unknown method is that of the message.
    layers->move_to(request->context(), host_->methods->is_fallback(method));
    request->give_layers(std::move(layers));
    return begin_request(self, method, request, frame_bytes, [&] {
        if (said.goes_on()) {
            const HandlerExecutor& executor = host_->executor_for(*method.handler, executor_);
            return method.handler->start(admitted.params, ReplyTicket{request}, executor);
        }
        start_handling(
            executor_,
            request,
            go_through(
                ReplyTicket{request},
                &method,
                std::string{admitted.params},
                std::move(*said.awaited())
            )
        );
    });
}

HandlerCoroutine Connection::go_through(
    ReplyTicket ticket, const MethodEntry* method, std::string params, Entry::Awaited awaited
) {
    try {
        const std::shared_ptr<ActiveRequest> request = ticket.request();
        const auto connection = std::static_pointer_cast<Connection>(request->sink());
        auto finishing = request->layers()->finish(std::move(awaited));
        Result<void> entered = co_await std::move(finishing);
        if (auto why = request->why_not_go_on()) {
            entered = std::move(*why);
        } else if (entered && !connection->is_open()) {
            // Also for notifications: what runs handlers may have ended with the server.
            entered = Error{Errc::connection_lost, "the connection ended before the handler began"};
        }
        entered ? connection->run_entered(std::move(ticket), *method, params)
                : ticket.send(std::move(entered), codec::Buffer{});
    } catch (...) {
        ticket.fail();
    }
}

void Connection::run_entered(ReplyTicket ticket, const MethodEntry& method, codec::Bytes params) {
    if (!method.handler->runs_inline()) {
        const HandlerExecutor& executor = host_->executor_for(*method.handler, executor_);
        return method.handler->start(params, std::move(ticket), executor);
    }
    codec::Buffer out;
    thread_.begin_handler(method.name);
    Result<void> ended = method.handler->run(ticket.request()->context(), params, out);
    thread_.end_handler();
    ticket.send(std::move(ended), std::move(out));
}

const PeerIdentity& Connection::identity() const {
    if (!identity_) {
        identity_ = std::make_unique<const PeerIdentity>(stream_.transport().identity());
    }
    return *identity_;
}

}  // namespace rollcall::rpc
