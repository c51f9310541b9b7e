#include "eureka_text.h"

#include <utility>

namespace rollcall::registry {

// Names of services and hash codes need no escaping in either format.

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

std::string EurekaApplicationText::take() && {
    text_ += format_ == EurekaFormat::json ? "]}" : "</application>";
    return std::move(text_);
}

// The version is always 1: nobody but Netflix's own servers looks at it, and all want to see one.
EurekaApplicationsText::EurekaApplicationsText(EurekaFormat format, const EurekaHash& hash)
    : format_(format) {
    text_ = format_ == EurekaFormat::json
                ? R"({"applications":{"versions__delta":"1","apps__hashcode":")" + hash.text() +
                      R"(","application":[)"
                : "<applications><versions__delta>1</versions__delta><apps__hashcode>" +
                      hash.text() + "</apps__hashcode>";
}

void EurekaApplicationsText::add(std::string_view application) {
    if (!std::exchange(first_, false) && format_ == EurekaFormat::json) text_ += ',';
    text_ += application;
}

std::string EurekaApplicationsText::take() && {
    text_ += format_ == EurekaFormat::json ? "]}}" : "</applications>";
    return std::move(text_);
}

}  // namespace rollcall::registry
