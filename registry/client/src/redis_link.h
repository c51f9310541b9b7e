#pragma once
// One connection to Redis: commands and their answers, under one deadline each.

#include <rollcall/base/deadline.h>
#include <rollcall/http/stream.h>

#include "redis_options.h"

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

struct redisReader;

namespace rollcall::registry {

struct RedisReply {
    enum class Kind { nil, text, number, list };

    Kind kind = Kind::nil;
    std::string text;  // also of a status
    long long number = 0;
    std::vector<RedisReply> items;
};

// Errors are registry_failed, or cancelled, with the place and, for what Redis refuses, what to do.
// The next command dials anew. One thread at a time.
class RedisLink {
public:
    using Words = std::vector<std::string>;

    explicit RedisLink(const RedisOptions& options);
    ~RedisLink();
    RedisLink(const RedisLink&) = delete;
    RedisLink& operator=(const RedisLink&) = delete;

    // A command that may be repeated: it is, on a new connection, if the one that was there turns
    // out to be closed, or to lead to a replica that refuses it.
    [[nodiscard]] Result<RedisReply> command(
        const Words& words, Deadline deadline, const std::stop_token& stop
    );

    // Sends without waiting for an answer, and takes the next answer, whatever it answers: for
    // connections that subscribe. receive() may be repeated after cancelled and timed_out.
    [[nodiscard]] Result<void> send(
        const Words& words, Deadline deadline, const std::stop_token& stop
    );
    [[nodiscard]] Result<RedisReply> receive(Deadline deadline, const std::stop_token& stop);

    // Dials, logs in and chooses the database; nothing if that is done already.
    [[nodiscard]] Result<void> open(Deadline deadline, const std::stop_token& stop);

    [[nodiscard]] bool is_open() const noexcept { return stream_.is_open(); }

    void close() noexcept;

    [[nodiscard]] Result<std::string> local_address() const;

    // "redis://host:port", for messages.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
    struct Free {
        void operator()(redisReader* reader) const noexcept;
    };

    [[nodiscard]] Result<RedisReply> exchange(
        const Words& words, Deadline deadline, const std::stop_token& stop
    );
    [[nodiscard]] Result<void> log_in(Deadline deadline, const std::stop_token& stop);
    // Whether an answer is there whole; it is moved into `reply` then.
    [[nodiscard]] Result<bool> take(RedisReply& reply);
    [[nodiscard]] Error failed(const Error& error) const;

    const RedisOptions options_;
    const std::string name_;
    http::Stream stream_;
    std::unique_ptr<redisReader, Free> reader_;
    std::size_t unread_bytes_ = 0;  // fed to the reader since the last whole answer
    bool is_logging_in_ = false;    // the answer may hold the password
};

}  // namespace rollcall::registry
