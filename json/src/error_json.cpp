#include "error_json.h"

#include <rollcall/codec/raw.h>

#include <string>

namespace rollcall::json {

Json error_json(const Error& error) {
    Json json = Json::object();
    json["code"] = std::string{name_of(error.code())};
    json["message"] = error.message();
    json["sent"] = error.sent() == Sent::not_sent ? "not_sent" : "maybe_sent";
    if (!error.method().empty()) json["method"] = error.method();
    if (!error.endpoint().empty()) json["endpoint"] = error.endpoint();
    if (codec::is_one_value(error.data())) json["data"] = from_message_pack(error.data());
    return json;
}

}  // namespace rollcall::json
