#pragma once
// One who watches a list: asks for the next one as soon as one has come.

#include <rollcall/http/client.h>

#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace rollcall::tests {

// Begins at once, on a thread and a connection of its own. Thread safety: any thread.
class WatchLoop {
public:
    // `list` is a path, "/v1/services/calculator".
    WatchLoop(const std::string& registry_url, std::string list)
        : client_(http::Url::parse(registry_url).value()),
          thread_([this, list = std::move(list)](const std::stop_token& stop) {
              while (!stop.stop_requested())
                  ask(list, stop);
          }) {}

    // Lists that have come, the first one included.
    [[nodiscard]] int answers() const {
        const std::lock_guard lock{mutex_};
        return answers_;
    }

    // Requests that had no answer, or another than 200 and 304.
    [[nodiscard]] int failures() const {
        const std::lock_guard lock{mutex_};
        return failures_;
    }

    [[nodiscard]] std::string last() const {
        const std::lock_guard lock{mutex_};
        return last_;
    }

private:
    void ask(const std::string& list, const std::stop_token& stop) {
        const auto answer = client_.request(
            "GET",
            list + "?wait=60s&index=" + index_,
            {},
            "",
            Deadline::in(std::chrono::seconds{70}),
            stop
        );
        const std::lock_guard lock{mutex_};
        if (!answer || (!answer->ok() && answer->status() != 304)) {
            if (!stop.stop_requested()) ++failures_;
            return;
        }
        if (answer->status() == 304) return;
        ++answers_;
        last_ = answer->body();
        const auto begin = last_.find("\"index\":\"") + 9;
        index_ = last_.substr(begin, last_.find('"', begin) - begin);
    }

    http::Client client_;
    mutable std::mutex mutex_;
    int answers_ = 0;
    int failures_ = 0;
    std::string last_;
    std::string index_;
    std::jthread thread_;
};

}  // namespace rollcall::tests
