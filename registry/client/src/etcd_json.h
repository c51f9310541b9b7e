#pragma once
// etcd's messages as its gateway writes them: 64-bit numbers are strings, bytes are base64, and
// whatever has its default value is left out.

#include "etcd_layout.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::registry {

using Json = nlohmann::json;

struct EtcdKeyValue {
    std::string key;
    std::string value;
    std::int64_t mod_revision = 0;
    std::int64_t lease = 0;  // 0: none
};

// Of an object's field, as a string or a number; 0 if there is none.
[[nodiscard]] std::int64_t number_in(const Json& object, const char* field);
// Empty if there is none.
[[nodiscard]] std::string text_in(const Json& object, const char* field);
// The field; null if there is none.
[[nodiscard]] const Json& member_of(const Json& value, const char* field);

// The "kvs" of the answer to a range.
[[nodiscard]] std::vector<EtcdKeyValue> key_values_in(const Json& answer);

[[nodiscard]] Json range_request(const EtcdRange& range, bool serializable);
[[nodiscard]] Json put_request(std::string_view key, std::string_view value, std::int64_t lease);

// One line of a watch.
struct EtcdWatchLine {
    struct Change {
        bool deleted = false;
        EtcdKeyValue entry;
    };

    bool canceled = false;
    bool compacted = false;  // canceled, because the past that was asked for is gone
    std::string reason;      // why it is canceled, or why the whole answer has ended
    bool failed = false;     // the whole answer
    std::vector<Change> changes;
};

// Nothing if it is no such line.
[[nodiscard]] std::optional<EtcdWatchLine> watch_line_from_json(std::string_view text);

// The body of a request to watch a range from a revision on. One range: of a body with several
// requests etcd's gateway loses those that it has not read when it begins to answer.
[[nodiscard]] std::string watch_request(const EtcdRange& range, std::int64_t from);

}  // namespace rollcall::registry
