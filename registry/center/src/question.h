#pragma once
// What a watcher asks: answered at once if there is news, or kept until there is.

#include <rollcall/http/response.h>

#include "center.h"
#include "watch_body.h"

#include <optional>
#include <string>
#include <vector>

namespace rollcall::registry {

// When a watcher who has a list already may have a newer one: one that comes back from each answer
// for the next is no way past the pace of WatchTable.
enum class When {
    in_turn,  // not before the others who watch it
    at_once,
};

// Asked again and again, on the server's I/O thread, until it has an answer.
class Question {
public:
    Question() = default;
    Question(const Question&) = delete;
    Question& operator=(const Question&) = delete;
    virtual ~Question() = default;

    // What must change for the answer to change: keys of Center::watches.
    [[nodiscard]] virtual std::vector<std::string> keys() const = 0;

    // Nothing if there is no news, or none yet.
    [[nodiscard]] virtual std::optional<http::Response> answer(
        Center& center, TimePoint now, When when
    ) = 0;
};

// The list of one service that is no longer `index`.
class ListQuestion final : public Question {
public:
    ListQuestion(std::string service, ListFilter filter, std::string index, bool delta);

    [[nodiscard]] std::vector<std::string> keys() const override;
    [[nodiscard]] std::optional<http::Response> answer(Center& center, TimePoint now, When when)
        override;

private:
    const std::string service_;
    const ListFilter filter_;
    const std::string index_;
    const bool delta_;
};

// The lists of those services, among them the list of services, that have changed.
class ManyQuestion final : public Question {
public:
    explicit ManyQuestion(WatchRequest request);

    [[nodiscard]] std::vector<std::string> keys() const override;
    [[nodiscard]] std::optional<http::Response> answer(Center& center, TimePoint now, When when)
        override;

private:
    const WatchRequest request_;
};

// The list of services that is no longer `index`.
class ServicesQuestion final : public Question {
public:
    explicit ServicesQuestion(std::string index);

    [[nodiscard]] std::vector<std::string> keys() const override;
    [[nodiscard]] std::optional<http::Response> answer(Center& center, TimePoint now, When when)
        override;

private:
    const std::string index_;
};

// What has happened after `after`; without it the latest events.
class EventsQuestion final : public Question {
public:
    explicit EventsQuestion(std::optional<std::string> after);

    [[nodiscard]] std::vector<std::string> keys() const override;
    [[nodiscard]] std::optional<http::Response> answer(Center& center, TimePoint now, When when)
        override;

private:
    const std::optional<std::string> after_;
};

// 200 with a list: never kept by anybody in between, and with its index as ETag.
[[nodiscard]] http::Response list_answer(const IndexedText& list);

}  // namespace rollcall::registry
