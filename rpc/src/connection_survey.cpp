#include "connection_survey.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace rollcall::rpc {

void ConnectionSurvey::add(std::vector<ConnectionFacts> facts, std::size_t total) {
    const std::lock_guard lock{mutex_};
    list_.total += total;
    std::move(facts.begin(), facts.end(), std::back_inserter(list_.connections));
    if (--missing_ == 0) changed_.notify_one();
}

ConnectionList ConnectionSurvey::wait(std::size_t limit, Duration patience) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, patience, [this] { return missing_ == 0; });
    ConnectionList list = list_;
    list.is_complete = missing_ == 0;
    lock.unlock();
    std::sort(list.connections.begin(), list.connections.end(), [](const auto& a, const auto& b) {
        return a.age > b.age;
    });
    if (list.connections.size() > limit) list.connections.resize(limit);
    return list;
}

}  // namespace rollcall::rpc
