#include "server_harness.h"

#include <rollcall/codec/message_reader.h>

#include "hello.h"

#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <stdexcept>
#include <sys/resource.h>

namespace rollcall::rpc::tests {

using namespace std::chrono_literals;

namespace {

Answer answer_of(codec::Bytes frame) {
    codec::Message message;
    if (const auto bad = codec::parse_message(frame, message))
        throw std::runtime_error{"the server sent no message: " + bad->reason};
    Answer answer;
    answer.type = message.type;
    answer.id = message.id;
    answer.method = message.method;
    answer.params = message.params;
    answer.result = message.result;
    if (message.type == codec::MessageType::response && message.error != codec::kNil) {
        codec::Reader reader{message.error};
        answer.error = reader.read_text().value_or("an error that is no string");
    }
    return answer;
}

void require_ok(codec::MessageReader::Status status) {
    if (status != codec::MessageReader::Status::ok)
        throw std::runtime_error{"the server sent bytes that are no messages"};
}

}  // namespace

std::string error(std::uint32_t id, std::string_view text) {
    codec::Buffer out;
    codec::write_error_response(out, id, text);
    return text_of(out);
}

std::string hello(std::uint32_t id, std::string_view token) {
    Hello mine;
    mine.features.add(Feature::goaway);
    mine.token = token;
    codec::Buffer out;
    codec::write_request_head(out, id);
    write_hello_request_body(out, mine);
    return text_of(out);
}

std::vector<Answer> answers_in(std::string_view bytes) {
    std::vector<Answer> answers;
    codec::MessageReader reader{codec::Limits{}};
    require_ok(reader.feed(bytes, [&](codec::Bytes frame) {
        answers.push_back(answer_of(frame));
        return true;
    }));
    return answers;
}

std::vector<Answer> receive_answers(RawPeer& peer, std::size_t count, Duration limit) {
    const Deadline deadline = Deadline::in(limit);
    std::vector<Answer> answers;
    codec::MessageReader reader{codec::Limits{}};
    while (answers.size() < count && !peer.at_end() && !deadline.expired()) {
        const std::string bytes = peer.receive(65536, deadline.remaining());
        require_ok(reader.feed(bytes, [&](codec::Bytes frame) {
            answers.push_back(answer_of(frame));
            return true;
        }));
    }
    return answers;
}

Log KeptLog::log() {
    return Log{[kept = kept_](LogLevel level, std::string_view message) {
        const std::lock_guard lock{kept->mutex};
        kept->lines.emplace_back(level, message);
    }};
}

std::size_t KeptLog::count(LogLevel level, std::string_view part) const {
    const std::lock_guard lock{kept_->mutex};
    std::size_t found = 0;
    for (const auto& [of, line] : kept_->lines)
        found += of == level && line.find(part) != std::string::npos ? 1U : 0U;
    return found;
}

std::string KeptLog::text() const {
    const std::lock_guard lock{kept_->mutex};
    std::string all;
    for (const auto& [level, line] : kept_->lines)
        all += std::string{name_of(level)} + ": " + line + "\n";
    return all;
}

asio::awaitable<void> Gate::pass() {
    const auto timer = std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor);
    {
        const std::lock_guard lock{mutex_};
        begun_.fetch_add(1);
        if (open_) co_return;
        timer->expires_at(asio::steady_timer::time_point::max());
        waiting_.push_back(timer);
    }
    asio::error_code cancelled;
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
}

void Gate::open() {
    const std::lock_guard lock{mutex_};
    open_ = true;
    for (const auto& weak : waiting_) {
        if (const auto timer = weak.lock())
            asio::post(timer->get_executor(), [timer] { timer->cancel(); });
    }
    waiting_.clear();
}

TestServer::TestServer(ServerOptions options)
    : server([&] {
          options.log = log.log();
          return std::move(options);
      }()) {
    server.handle("add", [](int a, int b) { return a + b; });
    server.handle("echo", [](std::string_view text) { return std::string{text}; });
    server.handle("size", [](std::string_view text) { return text.size(); });
    server.handle("big", [this](std::size_t bytes) {
        large_results.fetch_add(1);
        return std::string(bytes, 'x');
    });
    server.handle("hold", [this](std::string text) -> asio::awaitable<std::size_t> {
        co_await gate.pass();
        co_return text.size();
    });
    server.handle("on_pool", [] { return 7; }, {.run = RunOn::pool});
    server.handle("note", [this](std::string_view) { notes.fetch_add(1); });
    server.start();
}

Bystander::Bystander(const Endpoint& endpoint, ClientOptions options)
    : client_(endpoint, std::move(options)), thread_([this] { run(); }) {
}

Bystander::~Bystander() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
}

void Bystander::run() {
    while (!stop_ && failure_.empty()) {
        // Generous: that it is answered at all is the promise; how fast depends on the machine.
        const auto sum = client_.call(invoke<int>("add", 40, 2).within(20s));
        if (!sum) failure_ = sum.error().to_string();
        calls_.fetch_add(1);
    }
    if (client_.counters().connects > 1) failure_ += " it had to reconnect";
}

std::string Bystander::undisturbed() {
    const std::uint64_t before = calls_.load();
    const bool goes_on = eventually([&] { return calls_.load() >= before + 3; }, 60s);
    stop_ = true;
    thread_.join();
    if (failure_.empty() && !goes_on) return "its calls hang";
    return failure_;
}

bool is_closed(RawPeer& peer, Duration limit) {
    static_cast<void>(peer.receive_all(limit));
    return peer.at_end();
}

void require_descriptors(std::size_t count) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= count) return;
    rlimit wanted{std::max<rlim_t>(count, limit.rlim_cur), std::max<rlim_t>(count, limit.rlim_max)};
    if (::setrlimit(RLIMIT_NOFILE, &wanted) != 0) {
        throw std::runtime_error{
            "this test needs " + std::to_string(count) +
            " descriptors; raise `ulimit -n`, which is " + std::to_string(limit.rlim_cur)};
    }
}

}  // namespace rollcall::rpc::tests
