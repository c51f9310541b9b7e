#include "redis_link.h"

#include "redis_failure.h"

#include <cstdlib>
#include <hiredis/hiredis.h>
#include <new>
#include <utility>

// Of hiredis only the format is used, commands and answers. Its own I/O has a time-out per call
// instead of a deadline, cannot be stopped from outside, resolves names without any bound and
// writes without MSG_NOSIGNAL; http::Stream has none of that, and TLS besides.

namespace rollcall::registry {
namespace {

struct FreeReply {
    void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};

using ReplyPointer = std::unique_ptr<redisReply, FreeReply>;

RedisReply value_of(const redisReply& reply) {
    RedisReply value;
    switch (reply.type) {
        case REDIS_REPLY_STRING:
        case REDIS_REPLY_STATUS:
        case REDIS_REPLY_ERROR:
            value.kind = RedisReply::Kind::text;
            value.text.assign(reply.str, static_cast<std::size_t>(reply.len));
            break;
        case REDIS_REPLY_INTEGER:
            value.kind = RedisReply::Kind::number;
            value.number = reply.integer;
            break;
        case REDIS_REPLY_ARRAY:
            value.kind = RedisReply::Kind::list;
            for (std::size_t i = 0; i < reply.elements; ++i)
                value.items.push_back(value_of(*reply.element[i]));
            break;
        default:
            break;
    }
    return value;
}

std::string encoded(const RedisLink::Words& words) {
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const std::string& word : words) {
        texts.push_back(word.data());
        sizes.push_back(word.size());
    }
    char* bytes = nullptr;
    const auto size =
        redisFormatCommandArgv(&bytes, static_cast<int>(words.size()), texts.data(), sizes.data());
    if (size < 0) throw std::bad_alloc{};
    const std::unique_ptr<char, decltype(&redisFreeCommand)> owner{bytes, &redisFreeCommand};
    return std::string{bytes, static_cast<std::size_t>(size)};
}

}  // namespace

void RedisLink::Free::operator()(redisReader* reader) const noexcept {
    redisReaderFree(reader);
}

RedisLink::RedisLink(const RedisOptions& options)
    : options_(options),
      name_((options.stream.is_encrypted ? "rediss://" : "redis://") + options.server.to_string()),
      stream_(options.server, options.stream) {
}

RedisLink::~RedisLink() = default;

Error RedisLink::failed(const Error& error) const {
    const Errc code = error.code() == Errc::cancelled ? Errc::cancelled : Errc::registry_failed;
    return Error{code, name_ + ": " + error.message()};
}

void RedisLink::close() noexcept {
    stream_.close();
    reader_.reset();
    unread_bytes_ = 0;
}

Result<void> RedisLink::open(Deadline deadline, const std::stop_token& stop) {
    if (is_open()) return {};
    if (auto opened = stream_.open(deadline, stop); !opened) return failed(opened.error());
    reader_.reset(redisReaderCreate());
    if (!reader_) throw std::bad_alloc{};
    unread_bytes_ = 0;
    auto done = log_in(deadline, stop);
    if (!done) close();
    return done;
}

Result<void> RedisLink::log_in(Deadline deadline, const std::stop_token& stop) {
    if (!options_.password.empty()) {
        Words words{"AUTH"};
        if (!options_.user.empty()) words.push_back(options_.user);
        words.push_back(options_.password);
        is_logging_in_ = true;
        auto done = exchange(words, deadline, stop);
        is_logging_in_ = false;
        if (!done) return done.error();
    }
    if (options_.database != 0) {
        auto done = exchange({"SELECT", std::to_string(options_.database)}, deadline, stop);
        if (!done) return done.error();
    }
    return {};
}

Result<RedisReply> RedisLink::command(
    const Words& words, Deadline deadline, const std::stop_token& stop
) {
    const bool was_open = is_open();
    if (auto opened = open(deadline, stop); !opened) return opened.error();
    auto reply = exchange(words, deadline, stop);
    const bool is_over = stop.stop_requested() || deadline.expired();
    if (reply || is_open() || !was_open || is_over) return reply;
    if (auto opened = open(deadline, stop); !opened) return opened.error();
    return exchange(words, deadline, stop);
}

// After an answer that did not come whole the next one would be taken for it.
Result<RedisReply> RedisLink::exchange(
    const Words& words, Deadline deadline, const std::stop_token& stop
) {
    if (auto sent = send(words, deadline, stop); !sent) return sent.error();
    auto reply = receive(deadline, stop);
    if (reply) return reply;
    const Errc code = reply.error().code();
    if (code == Errc::timed_out) {
        close();
        return Error{Errc::registry_failed, name_ + ": no answer to " + words.front() + " in time"};
    }
    if (code == Errc::cancelled) close();
    return reply;
}

Result<void> RedisLink::send(const Words& words, Deadline deadline, const std::stop_token& stop) {
    auto sent = stream_.write(encoded(words), deadline, stop);
    if (sent) return {};
    close();
    return failed(sent.error());
}

Result<RedisReply> RedisLink::receive(Deadline deadline, const std::stop_token& stop) {
    RedisReply reply;
    for (;;) {
        auto taken = take(reply);
        if (!taken) return taken.error();
        if (*taken) return reply;
        auto bytes = stream_.read(deadline, stop);
        if (!bytes) {
            const Errc code = bytes.error().code();
            if (code == Errc::timed_out || code == Errc::cancelled) return bytes.error();
            close();
            return failed(bytes.error());
        }
        unread_bytes_ += bytes->size();
        if (unread_bytes_ > options_.reply_bytes_max) {
            close();
            return Error{
                Errc::registry_failed,
                name_ + ": an answer is larger than " + std::to_string(options_.reply_bytes_max) +
                    " bytes, the most that is read"};
        }
        if (redisReaderFeed(reader_.get(), bytes->data(), bytes->size()) != REDIS_OK)
            throw std::bad_alloc{};
    }
}

Result<bool> RedisLink::take(RedisReply& reply) {
    if (!reader_) return Error{Errc::registry_failed, name_ + ": the connection is not open"};
    void* raw = nullptr;
    if (redisReaderGetReply(reader_.get(), &raw) != REDIS_OK) {
        close();
        return Error{
            Errc::registry_failed, name_ + ": the answer is not in Redis's protocol; is it Redis?"};
    }
    if (raw == nullptr) return false;
    const ReplyPointer owner{static_cast<redisReply*>(raw)};
    // What is left belongs to the next answer.
    unread_bytes_ = reader_->len - reader_->pos;
    reply = value_of(*owner);
    if (owner->type != REDIS_REPLY_ERROR) return true;
    const std::string what =
        is_logging_in_ ? explain_refused_login(reply.text) : explain_redis_error(reply.text);
    // A primary that has become a replica keeps its connections; the name may lead elsewhere now.
    if (is_of_replica(reply.text)) close();
    return Error{Errc::registry_failed, name_ + " answered " + what};
}

Result<std::string> RedisLink::local_address() const {
    auto address = stream_.local_address();
    if (!address) return failed(address.error());
    return address;
}

}  // namespace rollcall::registry
