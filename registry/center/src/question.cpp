#include "question.h"

#include "events.h"

namespace rollcall::registry {

using http::Response;

namespace {

// Who has no list yet is not kept waiting for one.
bool must_wait(const Center& center, std::string_view key, std::string_view index, When when) {
    return when == When::in_turn && !index.empty() && center.watches.is_due_later(key);
}

}  // namespace

Response list_answer(const IndexedText& list) {
    return Response::json(200, list.text)
        .with_header("Cache-Control", "no-store")
        .with_header("ETag", '"' + list.index + '"');
}

ListQuestion::ListQuestion(std::string service, ListFilter filter, std::string index, bool delta)
    : service_(std::move(service)),
      filter_(std::move(filter)),
      index_(std::move(index)),
      delta_(delta && filter_.is_everything()) {
}

std::vector<std::string> ListQuestion::keys() const {
    return {service_};
}

std::optional<Response> ListQuestion::answer(Center& center, TimePoint now, When when) {
    if (must_wait(center, service_, index_, when)) return std::nullopt;
    const IndexedText list = center.lists.instances(service_, filter_, now);
    if (list.index == index_) return std::nullopt;
    if (delta_) {
        if (Text delta = center.lists.delta(service_, index_, now))
            return list_answer({list.index, std::move(delta)});
    }
    return list_answer(list);
}

ManyQuestion::ManyQuestion(WatchRequest request) : request_(std::move(request)) {
}

std::vector<std::string> ManyQuestion::keys() const {
    std::vector<std::string> keys;
    keys.reserve(request_.services.size());
    for (const auto& [service, index] : request_.services)
        keys.push_back(service);
    return keys;
}

std::optional<Response> ManyQuestion::answer(Center& center, TimePoint now, When when) {
    std::string changed;
    for (const auto& [service, index] : request_.services) {
        if (must_wait(center, service, index, when)) continue;
        const IndexedText list = service == kAllServices
                                     ? center.lists.services()
                                     : center.lists.instances(service, ListFilter{}, now);
        if (list.index == index) continue;
        if (!changed.empty()) changed += ',';
        changed += '"' + service + "\":" + *list.text;
    }
    if (changed.empty()) return std::nullopt;
    return Response::json(200, "{\"changed\":{" + changed + "}}")
        .with_header("Cache-Control", "no-store");
}

ServicesQuestion::ServicesQuestion(std::string index) : index_(std::move(index)) {
}

std::vector<std::string> ServicesQuestion::keys() const {
    return {std::string{kAllServices}};
}

std::optional<Response> ServicesQuestion::answer(Center& center, TimePoint /*now*/, When when) {
    if (must_wait(center, kAllServices, index_, when)) return std::nullopt;
    const IndexedText& list = center.lists.services();
    if (list.index == index_) return std::nullopt;
    return list_answer(list);
}

EventsQuestion::EventsQuestion(std::optional<std::string> after) : after_(std::move(after)) {
}

std::vector<std::string> EventsQuestion::keys() const {
    return {std::string{kEventsKey}};
}

std::optional<Response> EventsQuestion::answer(Center& center, TimePoint now, When when) {
    if (must_wait(center, kEventsKey, after_.value_or(""), when)) return std::nullopt;
    const auto number = after_ ? center.lists.number(*after_) : std::nullopt;
    const bool known = number && *number <= center.store.index();
    const std::optional<IndexedText> events =
        known ? events_after(center, *number, now) : latest_events(center, now);
    if (!events) return std::nullopt;
    return list_answer(*events);
}

}  // namespace rollcall::registry
