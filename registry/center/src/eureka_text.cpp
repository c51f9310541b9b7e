#include "eureka_text.h"

#include <utility>

namespace rollcall::registry {

// Names of services and hash codes need no escaping in either format.

void EurekaHash::add(const EurekaHash& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i)
        counts_[i] += other.counts_[i];
}

std::string EurekaHash::text() const {
    std::string text;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        if (counts_[i] == 0) continue;
        text += name_of(static_cast<EurekaStatus>(i));
        text += '_' + std::to_string(counts_[i]) + '_';
    }
    return text;
}

EurekaApplicationText::EurekaApplicationText(EurekaFormat format, std::string_view service)
    : format_(format) {
    text_ = format_ == EurekaFormat::json ? R"({"name":")" + app_name(service) + R"(","instance":[)"
                                          : "<application><name>" + app_name(service) + "</name>";
}

std::size_t EurekaApplicationText::add(std::string_view instance) {
    if (!std::exchange(first_, false) && format_ == EurekaFormat::json) text_ += ',';
    const std::size_t offset = text_.size();
    text_ += instance;
    return offset;
}

void EurekaApplicationText::add(
    std::string_view instance, std::string_view word, std::string_view replacement
) {
    const std::size_t at = instance.rfind(word);
    add(instance.substr(0, at));
    text_ += replacement;
    text_ += instance.substr(at + word.size());
}

std::string EurekaApplicationText::take() && {
    text_ += format_ == EurekaFormat::json ? "]}" : "</application>";
    return std::move(text_);
}

void EurekaApplicationsText::add(EurekaLists::Text application) {
    static const auto kComma = std::make_shared<const std::string>(",");
    if (parts_.size() > 1 && format_ == EurekaFormat::json) parts_.push_back(kComma);
    parts_.push_back(std::move(application));
}

// The version is always 1: nobody but Netflix's own servers looks at it, and all want to see one.
EurekaLists::Texts EurekaApplicationsText::take(const EurekaHash& hash) && {
    const bool is_json = format_ == EurekaFormat::json;
    parts_.front() = std::make_shared<const std::string>(
        is_json ? R"({"applications":{"versions__delta":"1","apps__hashcode":")" + hash.text() +
                      R"(","application":[)"
                : "<applications><versions__delta>1</versions__delta><apps__hashcode>" +
                      hash.text() + "</apps__hashcode>"
    );
    parts_.push_back(std::make_shared<const std::string>(is_json ? "]}}" : "</applications>"));
    return std::move(parts_);
}

}  // namespace rollcall::registry
