#include "list_filter.h"

#include <rollcall/base/log.h>

#include <algorithm>

namespace rollcall::registry {

Result<ListFilter> ListFilter::of(const http::Request& request) {
    ListFilter filter;
    if (const auto status = request.parameter("status")) {
        filter.status = status_from(*status);
        if (!filter.status) {
            return Error{
                Errc::invalid_argument,
                "status '" + printable(*status, 40) +
                    "' is none; it must be up, starting, draining or down"};
        }
    }
    filter.tag = request.parameter("tag").value_or("");
    filter.zone = request.parameter("zone").value_or("");
    filter.version = request.parameter("version").value_or("");
    return filter;
}

bool ListFilter::matches(const Instance& instance) const {
    const auto& tags = instance.tags;
    return (!status || instance.effective_status() == *status) &&
           (tag.empty() || std::find(tags.begin(), tags.end(), tag) != tags.end()) &&
           (zone.empty() || instance.zone == zone) &&
           (version.empty() || instance.version == version);
}

bool ListFilter::is_everything() const {
    return !status && tag.empty() && zone.empty() && version.empty();
}

std::string ListFilter::key() const {
    std::string key{status ? name_of(*status) : ""};
    for (const std::string* const part : {&tag, &zone, &version}) {
        // With its length, so that no text can look like two.
        key += '|' + std::to_string(part->size()) + ':' + *part;
    }
    return key;
}

}  // namespace rollcall::registry
