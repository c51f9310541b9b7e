#pragma once
// Where in an answer its bytes are, as far as it takes to find the trailers of a chunked one.

#include <cstddef>
#include <string>
#include <string_view>

namespace rollcall::http {

// Pure. One answer, interim ones before it included. Broken framing is left for others to find.
class ChunkFraming {
public:
    // The next bytes of the answer.
    void feed(std::string_view bytes);

    // What comes next are trailers, if there are any, and a blank line.
    [[nodiscard]] bool at_trailers() const { return state_ == State::trailers; }

private:
    enum class State {
        head,        // status line and headers
        whole,       // a body without chunks, to its end
        chunk_size,  // the line before a chunk
        chunk,
        chunk_end,  // the line break after it
        trailers,
    };

    void end_line();

    State state_ = State::head;
    std::string line_;
    bool interim_ = false;
    bool chunked_ = false;
    std::size_t left_ = 0;  // of the chunk
};

}  // namespace rollcall::http
