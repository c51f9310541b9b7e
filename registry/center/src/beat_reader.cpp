#include "beat_reader.h"

#include <rollcall/registry/validation.h>

#include <nlohmann/json.hpp>

#include <optional>

namespace rollcall::registry {
namespace {

using Json = nlohmann::json;

constexpr const char* kWanted = "the body must be a JSON object {\"instances\":[...]}";
constexpr const char* kNoList = "the body must have an array 'instances'";

// Reads as the text is parsed, without a tree of values in between: at a busy registry most of the
// processor time of a batch went into building that tree.
class BeatReader final : public Json::json_sax_t {
public:
    bool null() override { return other_value(); }

    bool boolean(bool) override { return other_value(); }

    bool number_integer(number_integer_t) override { return other_value(); }

    bool number_unsigned(number_unsigned_t) override { return other_value(); }

    bool number_float(number_float_t, const string_t&) override { return other_value(); }

    bool binary(binary_t&) override { return other_value(); }

    bool string(string_t& value) override {
        if (skipped_ > 0 || place_ != Place::beat || member_ == nullptr) return other_value();
        *member_ = std::move(value);
        return true;
    }

    bool key(string_t& name) override {
        if (skipped_ > 0) return true;
        if (place_ == Place::body) is_list_ = name == "instances";
        if (place_ == Place::beat) member_ = member_of(name);
        return true;
    }

    bool start_object(std::size_t) override {
        if (skipped_ == 0 && place_ == Place::outside) {
            place_ = Place::body;
            return true;
        }
        if (skipped_ == 0 && place_ == Place::list) {
            beats_.emplace_back();
            place_ = Place::beat;
            return true;
        }
        return skip();
    }

    bool end_object() override {
        if (skipped_ > 0) return --skipped_, true;
        if (place_ == Place::body) return place_ = Place::outside, true;
        place_ = Place::list;
        return check(beats_.back());
    }

    bool start_array(std::size_t) override {
        if (skipped_ > 0 || place_ != Place::body || !is_list_) return skip();
        has_list_ = true;
        beats_.clear();  // of a name given twice the last one counts
        place_ = Place::list;
        return true;
    }

    bool end_array() override {
        if (skipped_ > 0) return --skipped_, true;
        place_ = Place::body;
        return true;
    }

    bool parse_error(std::size_t, const std::string&, const Json::exception&) override {
        return refuse(kWanted);
    }

    Result<std::vector<Beat>> take() && {
        if (!error_ && !has_list_) refuse(kNoList);
        if (error_) return Error{Errc::invalid_argument, *std::move(error_)};
        return std::move(beats_);
    }

private:
    enum class Place { outside, body, list, beat };

    bool refuse(std::string message) {
        error_ = std::move(message);
        return false;
    }

    std::string where() const { return "instances[" + std::to_string(beats_.size() - 1) + "]"; }

    // A value that nobody reads, or one of the wrong type.
    bool other_value() {
        if (skipped_ > 0) return true;
        if (place_ == Place::outside) return refuse(kWanted);
        if (place_ == Place::body && is_list_) return refuse(kNoList);
        if (place_ == Place::list) {
            beats_.emplace_back();
            return refuse(where() + " must be an object");
        }
        if (place_ == Place::beat && member_ != nullptr)
            return refuse(where() + "." + std::string{name_} + " must be a string");
        return true;
    }

    // The same for one that has others in it.
    bool skip() {
        if (!other_value()) return false;
        ++skipped_;
        return true;
    }

    std::string* member_of(std::string_view name) {
        Beat& beat = beats_.back();
        for (const auto& [known, member] :
             {std::pair<std::string_view, std::string*>{"service", &beat.service},
              {"id", &beat.id},
              {"incarnation", &beat.incarnation}}) {
            name_ = known;
            if (name == known) return member;
        }
        return nullptr;
    }

    bool check(Beat& beat) {
        Result<std::string> normal = normalized_service(beat.service);
        if (!normal) return refuse(where() + ": " + normal.error().message());
        if (beat.id.empty()) return refuse(where() + ".id is missing");
        beat.service = *std::move(normal);
        return true;
    }

    Place place_ = Place::outside;
    std::size_t skipped_ = 0;        // how deep within what nobody reads
    bool is_list_ = false;           // the value to come is that of "instances"
    bool has_list_ = false;          // it has come
    std::string* member_ = nullptr;  // that the value to come belongs to
    std::string_view name_;          // of that member
    std::vector<Beat> beats_;
    std::optional<std::string> error_;
};

}  // namespace

Result<std::vector<Beat>> beats_from_json(std::string_view text) {
    BeatReader reader;
    // What went wrong is in the reader.
    static_cast<void>(Json::sax_parse(text, &reader));
    return std::move(reader).take();
}

}  // namespace rollcall::registry
